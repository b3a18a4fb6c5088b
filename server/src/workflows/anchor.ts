import { anchorFileName, formatAnchor } from "../chain/anchorFile";
import type { Anchor, ChainIdentity, ChainReader, ChainWriter } from "../chain/chain";
import { isLocalChain } from "../chain/knownChains";
import { MAX_ROOTS } from "../chain/payments/payment";
import type { SealedBatch } from "../evidence/format/sealedBatch";
import type { Journal } from "../evidence/journal/journal";
import type { Repository } from "../evidence/repository";
import { ProoflineError } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import type { RepositoryContents } from "./readRepository";

/**
 * Which batches a round of anchoring is about. `own`: what this process's journal sealed. `unclaimed`: that, what nobody claims to have
 * anchored on a chain that is as good a witness, and what somebody claims of the very chain that is written to: of that, the chain
 * itself says whether it is true. `everything`: whatever is not on the chain that is written to.
 */
export type AnchorScope = "own" | "unclaimed" | "everything";

/**
 * The intact batches of a repository that may be due for anchoring. A foreign one is never.
 *
 * @param identity of the chain that is written to; `null` where there is none yet, or it cannot be reached
 */
export function dueBatches(
  { repositoryId, evidence, anchors }: RepositoryContents,
  journal: Journal,
  identity: ChainIdentity | null,
  scope: AnchorScope,
): readonly SealedBatch[] {
  const own = new Set(journal.unanchored().map((batch) => batch.batchRoot));
  // What is anchored on a developer's own chain alone has no witness yet, so a public chain still has to take it.
  const isPublic = identity !== null && !isLocalChain(identity.chainId, null);
  const claimed = new Set(
    anchors
      .filter(({ chainId }) => !isPublic || !isLocalChain(chainId, null))
      .map(({ batchRoot }) => batchRoot),
  );
  const here = new Set(anchors.filter((anchor) => isOn(anchor, identity)).map(({ batchRoot }) => batchRoot));
  const isDue = ({ batchRoot }: SealedBatch): boolean => {
    switch (scope) {
      case "own":
        return own.has(batchRoot);
      case "unclaimed":
        return own.has(batchRoot) || !claimed.has(batchRoot) || here.has(batchRoot);
      case "everything":
        return true;
    }
  };
  return evidence.flatMap(({ reading }) =>
    reading.kind === "intact" && reading.batch.facts.repositoryId === repositoryId && isDue(reading.batch)
      ? [reading.batch]
      : [],
  );
}

/** Whether an anchor claims to lie on this chain. */
function isOn({ chainId, genesisHash }: Anchor, identity: ChainIdentity | null): boolean {
  return chainId === identity?.chainId && genesisHash === identity.genesisHash;
}

/** Which chain this is; `null` where there is none yet, or it does not answer. */
export async function identityIfThere(reader: ChainReader): Promise<ChainIdentity | null> {
  try {
    return await reader.identity();
  } catch (error) {
    if (error instanceof ProoflineError) {
      return null;
    }
    throw error;
  }
}

export interface AnchorParameters {
  readonly repository: Repository;
  readonly due: readonly SealedBatch[];
  /** What is claimed to be anchored already, on any chain. */
  readonly anchors: readonly Anchor[];
  readonly writer: ChainWriter;
  /** This process's journal: what it sealed is then noted as anchored. */
  readonly journal: Journal;
  readonly signal?: AbortSignal;
}

export interface AnchorOutcome {
  readonly anchored: readonly {
    readonly batchRoot: string;
    readonly suggestions: number;
    readonly anchor: Anchor;
    /** Whether an anchor file stood there that the chain contradicts. */
    readonly repaired: boolean;
  }[];
  /** What kept the rest from being anchored; `null` where nothing is left. */
  readonly problem: ProoflineError | null;
}

/**
 * Anchors batches, several at once where the chain takes them so, but for those whose anchor files the chain confirms. Where it
 * contradicts a file, after a reorganisation for instance, the batch is looked for again, anchored again if it is gone, and the file
 * is replaced. Whoever holds a funded key can do it, for anybody's batches. A root that is onchain already costs nothing.
 */
export async function anchorBatches(parameters: AnchorParameters): Promise<AnchorOutcome> {
  const { repository, due, writer, journal, signal } = parameters;
  if (due.length === 0) {
    return { anchored: [], problem: null };
  }
  const anchored: AnchorOutcome["anchored"][number][] = [];
  try {
    const claims = claimsOn(await identityIfThere(writer), parameters.anchors);
    const confirmed = new Map<Digest, Anchor>();
    const left: SealedBatch[] = [];
    let problem: ProoflineError | null = null;
    for (const batch of due) {
      signal?.throwIfAborted();
      const claimed = claims.get(batch.batchRoot);
      const check = claimed && (await writer.check(batch.batchRoot, claimed));
      if (check?.anchor != null) {
        confirmed.set(batch.batchRoot, check.anchor);
      } else if (check?.status === "unreachable") {
        problem ??= new ProoflineError(
          "chain.unreachable",
          check.reason ?? "The chain cannot be reached.",
          "anchorLater",
        );
      } else if (check?.status === "disputed") {
        // Whether it is due is what the servers contradict each other about, and nobody pays for that.
        problem ??= new ProoflineError(
          "chain.disputed",
          check.reason ?? "The servers contradict each other.",
          "compareServers",
        );
      } else {
        left.push(batch);
      }
    }
    for (const { batchRoot } of journal.unanchored()) {
      const anchor = confirmed.get(batchRoot);
      if (anchor !== undefined) {
        await journal.anchored(batchRoot, anchor.chainId);
      }
    }
    for (let start = 0; start < left.length; start += MAX_ROOTS) {
      const some = left.slice(start, start + MAX_ROOTS);
      const anchors = await writer.anchorAll(
        some.map(({ batchRoot }) => batchRoot),
        signal,
      );
      for (const [index, { batchRoot, claims: suggestions }] of some.entries()) {
        const anchor = anchors[index];
        if (anchor === undefined || anchor instanceof ProoflineError) {
          problem ??= anchor ?? null;
          continue;
        }
        const repaired = claims.has(batchRoot);
        const text = formatAnchor(anchor);
        await (repaired
          ? repository.replaceAnchor(anchorFileName(anchor), text)
          : repository.writeAnchor(anchorFileName(anchor), text));
        if (journal.unanchored().some((batch) => batch.batchRoot === batchRoot)) {
          await journal.anchored(batchRoot, anchor.chainId);
        }
        anchored.push({ batchRoot, suggestions: suggestions.length, anchor, repaired });
      }
    }
    return { anchored, problem };
  } catch (error) {
    if (!(error instanceof ProoflineError)) {
      throw error;
    }
    return { anchored, problem: error };
  }
}

/** The anchors that claim to lie on a chain, by root. */
function claimsOn(
  identity: ChainIdentity | null,
  anchors: readonly Anchor[],
): ReadonlyMap<Digest, readonly Anchor[]> {
  const claims = new Map<Digest, Anchor[]>();
  for (const anchor of anchors.filter((one) => isOn(one, identity))) {
    claims.set(anchor.batchRoot, [...(claims.get(anchor.batchRoot) ?? []), anchor]);
  }
  return claims;
}
