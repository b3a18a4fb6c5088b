import { anchorFileName, formatAnchor } from "../chain/anchorFile";
import type { Anchor, ChainIdentity, ChainReader, ChainWriter } from "../chain/chain";
import { chainName, isLocalChain, namesPublicChain } from "../chain/knownChains";
import { MAX_ROOTS } from "../chain/payments/payment";
import type { SealedBatch } from "../evidence/format/sealedBatch";
import type { Journal } from "../evidence/journal/journal";
import type { Repository } from "../evidence/repository/repository";
import { ProoflineError } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import type { RepositoryContents } from "./readRepository";

/**
 * Which batches a round of anchoring is about. `own`: what this process's journal sealed. `unclaimed`: that, and everybody's. Of both,
 * what an anchor file says another chain holds that is as good a witness is left out; of what one says of the very chain that is written
 * to, the chain itself says whether it is true. `everything`: whatever is not on the chain that is written to.
 */
export type AnchorScope = "own" | "unclaimed" | "everything";

export interface DueBatches {
  /** The intact batches that may be due for anchoring. A foreign one is never. */
  readonly due: readonly SealedBatch[];
  /**
   * A sentence for people about batches that are not due by an anchor file's word alone, which nobody has checked; `null` where there
   * are none.
   */
  readonly unchecked: string | null;
}

/** @param identity of the chain that is written to; `null` where there is none yet, or it cannot be reached */
export function dueBatches(
  { repositoryIds, evidence, anchors }: Pick<RepositoryContents, "repositoryIds" | "evidence" | "anchors">,
  journal: Pick<Journal, "unanchored">,
  identity: ChainIdentity | null,
  scope: AnchorScope,
): DueBatches {
  const own = new Set(journal.unanchored().map((batch) => batch.batchRoot));
  const isPublic = identity !== null && !isLocalChain(identity.chainId, null);
  // What is anchored on a developer's own chain alone has no witness yet, so a public chain still has to take it. A chain that
  // nobody has heard of is none.
  const claims = anchors.filter(
    (anchor) =>
      !isOn(anchor, identity) &&
      (namesPublicChain(anchor) || (!isPublic && isLocalChain(anchor.chainId, null))),
  );
  const claimed = new Set(claims.map(({ batchRoot }) => batchRoot));
  const here = new Set(anchors.filter((anchor) => isOn(anchor, identity)).map(({ batchRoot }) => batchRoot));
  const isHeldElsewhere = ({ batchRoot }: SealedBatch): boolean =>
    claimed.has(batchRoot) &&
    !here.has(batchRoot) &&
    // Where it costs nothing, what was sealed here is anchored here.
    (isPublic || !own.has(batchRoot));
  const intact = evidence.flatMap(({ reading }) =>
    reading.kind === "intact" && repositoryIds.includes(reading.batch.facts.repositoryId)
      ? [reading.batch]
      : [],
  );
  switch (scope) {
    case "own":
    case "unclaimed": {
      const asked = scope === "own" ? intact.filter(({ batchRoot }) => own.has(batchRoot)) : intact;
      const elsewhere = new Set(asked.filter(isHeldElsewhere).map(({ batchRoot }) => batchRoot));
      return {
        due: asked.filter(({ batchRoot }) => !elsewhere.has(batchRoot)),
        unchecked: isPublic ? uncheckedClaims(elsewhere, claims, identity) : null,
      };
    }
    case "everything":
      return { due: intact, unchecked: null };
  }
}

function uncheckedClaims(
  roots: ReadonlySet<string>,
  claims: readonly Anchor[],
  { name }: ChainIdentity,
): string | null {
  if (roots.size === 0) {
    return null;
  }
  const where = claims.filter(({ batchRoot }) => roots.has(batchRoot));
  const names = new Set(where.map(({ chainId }) => chainName(chainId, false)));
  const batches = roots.size === 1 ? "One batch is" : `${roots.size} batches are`;
  return `${batches} not anchored on ${name}, as anchor files say that ${[...names].join(" or ")} holds ${roots.size === 1 ? "it" : "them"}, which was not checked.`;
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
