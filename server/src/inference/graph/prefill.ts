import type { Sequence } from "./sequence";

/** Says whether the work in hand is still wanted; asked before every run of the graph. */
export type IsCancelled = () => boolean;

/**
 * Appends `ids` chunk by chunk, without the last one: its logits say how the text goes on.
 *
 * @returns the ids of the last chunk, which the sequence has not seen; `null` when it was cancelled
 */
export async function prefill(
  sequence: Sequence,
  ids: readonly number[],
  isCancelled: IsCancelled,
): Promise<readonly number[] | null> {
  const { pace } = sequence.graph;
  let rest = ids;
  for (let count = pace.chunkTokens; rest.length > count; count = pace.chunkTokens) {
    if (isCancelled()) {
      return null;
    }
    await readRun(sequence, rest.slice(0, count));
    rest = rest.slice(count);
  }
  return rest;
}

/** Appends `ids` in one run, which counts for the graph's pace. */
export async function readRun(sequence: Sequence, ids: readonly number[]): Promise<void> {
  const started = performance.now();
  await sequence.append(ids, "none");
  sequence.graph.pace.ran(ids.length, performance.now() - started);
}
