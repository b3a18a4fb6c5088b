import { formatAnchor } from "../chain/anchorFile";
import type { Anchor, ChainWriter } from "../chain/chain";
import { NoLocalChainError } from "../chain/embedded/embeddedChain";
import type { SealedBatch } from "../evidence/format/sealedBatch";
import type { Journal } from "../evidence/journal/journal";
import type { Repository } from "../evidence/repository";
import { ProoflineError } from "../platform/errors";
import type { RepositoryContents } from "./readRepository";

/**
 * Which batches a round of anchoring is about. `own`: what this process's journal sealed. `unclaimed`: that, and what
 * nobody claims to have anchored on any chain. `everything`: whatever is not on the chain that is written to.
 */
export type AnchorScope = "own" | "unclaimed" | "everything";

/** The intact batches of a repository that are due for anchoring. A foreign one is never. */
export function dueBatches(
  { repositoryId, evidence, anchors }: RepositoryContents,
  journal: Journal,
  scope: AnchorScope,
): readonly SealedBatch[] {
  const own = new Set(journal.unanchored().map((batch) => batch.batchRoot));
  const claimed = new Set(anchors.map((anchor) => anchor.batchRoot));
  const isDue = ({ batchRoot }: SealedBatch): boolean => {
    switch (scope) {
      case "own":
        return own.has(batchRoot);
      case "unclaimed":
        return own.has(batchRoot) || !claimed.has(batchRoot);
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
  }[];
  /** What kept the rest from being anchored; `null` where nothing is left. */
  readonly problem: ProoflineError | null;
}

/**
 * Anchors batches, but for those that have an anchor file for the chain. Whoever holds a funded key can do it, for
 * anybody's batches. A root that is onchain already costs nothing: its anchor is looked up.
 */
export async function anchorBatches(parameters: AnchorParameters): Promise<AnchorOutcome> {
  const { repository, due, writer, journal, signal } = parameters;
  if (due.length === 0) {
    return { anchored: [], problem: null };
  }
  const anchored: AnchorOutcome["anchored"][number][] = [];
  try {
    const done = await anchoredOn(writer, parameters.anchors);
    for (const { batchRoot, claims } of due.filter((batch) => !done.has(batch.batchRoot))) {
      const anchor = await writer.anchor(batchRoot, signal);
      await repository.writeAnchor(batchRoot, anchor.chainId, formatAnchor(anchor));
      if (journal.unanchored().some((batch) => batch.batchRoot === batchRoot)) {
        await journal.anchored(batchRoot, anchor.chainId);
      }
      anchored.push({ batchRoot, suggestions: claims.length, anchor });
    }
    for (const { batchRoot } of journal.unanchored()) {
      const anchor = done.get(batchRoot);
      if (anchor !== undefined) {
        await journal.anchored(batchRoot, anchor.chainId);
      }
    }
    return { anchored, problem: null };
  } catch (error) {
    if (!(error instanceof ProoflineError)) {
      throw error;
    }
    return { anchored, problem: error };
  }
}

/** The anchors that claim to lie on the writer's chain, by root. A local chain that is still to be made holds none. */
async function anchoredOn(
  writer: ChainWriter,
  anchors: readonly Anchor[],
): Promise<ReadonlyMap<string, Anchor>> {
  if (anchors.length === 0) {
    return new Map();
  }
  try {
    const { chainId, genesisHash } = await writer.identity();
    const here = anchors.filter((anchor) => anchor.chainId === chainId && anchor.genesisHash === genesisHash);
    return new Map(here.map((anchor) => [anchor.batchRoot, anchor]));
  } catch (error) {
    if (error instanceof NoLocalChainError) {
      return new Map();
    }
    throw error;
  }
}
