import type { Sequence } from "./sequence";

/** Says whether the work in hand is still wanted; asked before every run of the graph. */
export type IsCancelled = () => boolean;

/** A run sees at least so many tokens where there are as many. */
export const CHUNK_TOKENS = 64;

/** Longer runs of the graph are hardly faster, and their results need more memory. */
const MOST_TOKENS = 256;

/** As long, in milliseconds, may pass between two looks at whether the work is still wanted. */
const PATIENCE_MS = 100;

/** Weight of the latest run among all. */
const LEARNING_RATE = 0.5;

/**
 * How many tokens of a prompt a run sees: long runs use the processor better, but cancellation is only seen between
 * two of them. So many as were read within its patience.
 */
export class ReadingPace {
  #millisecondsPerToken: number | null = null;

  get chunkTokens(): number {
    if (this.#millisecondsPerToken === null) return CHUNK_TOKENS;
    let tokens = MOST_TOKENS;
    while (tokens > CHUNK_TOKENS && tokens * this.#millisecondsPerToken > PATIENCE_MS) tokens /= 2;
    return tokens;
  }

  /** A run over so many tokens took so long. */
  ran(tokens: number, milliseconds: number): void {
    const before = this.#millisecondsPerToken ?? milliseconds / tokens;
    this.#millisecondsPerToken = before + LEARNING_RATE * (milliseconds / tokens - before);
  }
}

/**
 * Appends `ids` chunk by chunk, without the last one: its logits say how the text goes on.
 *
 * @returns the ids of the last chunk, which the sequence has not seen; `null` when it was cancelled
 */
export async function readAhead(
  sequence: Sequence,
  ids: readonly number[],
  isCancelled: IsCancelled,
): Promise<readonly number[] | null> {
  const { pace } = sequence.graph;
  let rest = ids;
  for (let count = pace.chunkTokens; rest.length > count; count = pace.chunkTokens) {
    if (isCancelled()) return null;
    const started = performance.now();
    await sequence.append(rest.slice(0, count), "none");
    pace.ran(count, performance.now() - started);
    rest = rest.slice(count);
  }
  return rest;
}
