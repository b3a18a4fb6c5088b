import type { AcceptedSuggestion } from "../evidence/format/acceptedSuggestion";
import type { SealedBatchEntry } from "../evidence/journal/journalEntry";
import type { Digest } from "../platform/primitives";
import type { RepositoryContents } from "./readRepository";

/** What a journal holds of batches that are sealed and not known to be anchored. */
export interface SealedInJournal {
  readonly unanchored: readonly SealedBatchEntry[];
  find(id: string): AcceptedSuggestion | undefined;
}

/**
 * The suggestions of a repository's sealed batches whose evidence files do not lie in it: a crash, or a disk that is full
 * or may not be written, kept them in the journal. `finishSealing` writes them.
 *
 * @param written the batch roots of the evidence that lies there
 */
export function unwrittenIn(
  folder: string,
  written: ReadonlySet<Digest>,
  { unanchored, find }: SealedInJournal,
): readonly AcceptedSuggestion[] {
  return unanchored
    .filter(({ repository, batchRoot }) => repository === folder && !written.has(batchRoot))
    .flatMap(({ ids }) => ids.flatMap((id) => find(id) ?? []));
}

/** The batch roots of the intact evidence that lies in a repository. */
export function batchRootsOf({ evidence }: Pick<RepositoryContents, "evidence">): readonly Digest[] {
  return evidence.flatMap(({ reading }) => (reading.kind === "intact" ? [reading.batch.batchRoot] : []));
}
