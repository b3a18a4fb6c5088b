import { formatAnchor } from "../chain/anchorFile";
import type { Anchor, ChainWriter } from "../chain/chain";
import { NoLocalChainError } from "../chain/embedded/embeddedChain";
import type { Journal } from "../evidence/journal/journal";
import type { Repository } from "../evidence/repository";
import { ProoflineError } from "../platform/errors";
import type { RepositoryContents } from "./readRepository";

export interface AnchorParameters {
  readonly repository: Repository;
  readonly contents: RepositoryContents;
  readonly writer: ChainWriter;
  /** This process's journal, where it has one: what it sealed is then noted as anchored. */
  readonly journal: Journal | null;
  readonly signal?: AbortSignal;
}

export interface AnchorOutcome {
  readonly anchored: readonly {
    readonly root: string;
    readonly suggestions: number;
    readonly anchor: Anchor;
  }[];
  readonly problems: readonly string[];
}

/**
 * Anchors every intact batch of this repository that has no anchor file for the chain. Whoever holds a funded key can
 * do it, for anybody's batches. A root that is onchain already costs nothing: its anchor is looked up.
 */
export async function anchorBatches(parameters: AnchorParameters): Promise<AnchorOutcome> {
  const { repository, contents, writer, journal, signal } = parameters;
  const open = contents.evidence.flatMap(({ reading }) =>
    reading.kind === "intact" && reading.batch.facts.repositoryId === contents.repositoryId
      ? [reading.batch]
      : [],
  );
  if (open.length === 0) {
    return { anchored: [], problems: [] };
  }
  const anchored: AnchorOutcome["anchored"][number][] = [];
  try {
    const done = await rootsOn(writer, contents.anchors);
    const due = open.filter(({ root }) => !done.has(root));
    for (const { root, suggestions } of due) {
      const anchor = await writer.anchor(root, signal);
      await repository.writeAnchor(root, anchor.chainId, formatAnchor(anchor));
      if (journal?.unanchored().some((batch) => batch.root === root)) {
        await journal.anchored(root, anchor.chainId);
      }
      anchored.push({ root, suggestions: suggestions.length, anchor });
    }
    for (const { root } of journal?.unanchored() ?? []) {
      const anchor = done.get(root);
      if (anchor !== undefined) {
        await journal?.anchored(root, anchor.chainId);
      }
    }
    return { anchored, problems: [] };
  } catch (error) {
    if (!(error instanceof ProoflineError)) {
      throw error;
    }
    return { anchored, problems: [`${error.reason} ${error.remedy}`] };
  }
}

/** The anchors that claim to lie on the writer's chain, by root. A local chain that is still to be made holds none. */
async function rootsOn(
  writer: ChainWriter,
  anchors: readonly Anchor[],
): Promise<ReadonlyMap<string, Anchor>> {
  if (anchors.length === 0) {
    return new Map();
  }
  try {
    const { chainId, genesisHash } = await writer.identity();
    const here = anchors.filter((anchor) => anchor.chainId === chainId && anchor.genesisHash === genesisHash);
    return new Map(here.map((anchor) => [anchor.root, anchor]));
  } catch (error) {
    if (error instanceof NoLocalChainError) {
      return new Map();
    }
    throw error;
  }
}
