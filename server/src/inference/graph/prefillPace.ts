/** The fewest tokens of a run, where there are that many. */
export const CHUNK_TOKENS = 64;

/** Longer runs of the graph are hardly faster, and their results need more memory. */
const MOST_TOKENS = 256;

/** The time that may pass between two checks of whether the work is still wanted. */
const PATIENCE_MILLISECONDS = 100;

/** Weight of the latest run among all. */
const LEARNING_RATE = 0.5;

/**
 * How many tokens of a prompt a run sees: long runs use the processor better, but cancellation is only seen between
 * two of them. So many as were read within its patience.
 */
export class PrefillPace {
  private millisecondsPerToken: number | null = null;

  get chunkTokens(): number {
    if (this.millisecondsPerToken === null) {
      return CHUNK_TOKENS;
    }
    let tokens = MOST_TOKENS;
    while (tokens > CHUNK_TOKENS && tokens * this.millisecondsPerToken > PATIENCE_MILLISECONDS) {
      tokens /= 2;
    }
    return tokens;
  }

  /** Tells how long a run over a number of tokens took. */
  ran(tokens: number, milliseconds: number): void {
    const before = this.millisecondsPerToken ?? milliseconds / tokens;
    this.millisecondsPerToken = before + LEARNING_RATE * (milliseconds / tokens - before);
  }
}
