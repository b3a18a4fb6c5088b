import { LatestTimes } from "./latestTimes";

/** The fewest tokens of a run, where there are that many. */
export const CHUNK_TOKENS = 64;

/** Longer runs of the graph are hardly faster, and their results need more memory. */
const MOST_TOKENS = 256;

/** The time that may pass between two checks of whether the work is still wanted. */
const PATIENCE_MILLISECONDS = 100;

/** Work that nobody asked for is in nobody's way for longer than a frame of the screen takes. */
const SLICE_MILLISECONDS = 16;
const LEAST_SLICE_TOKENS = 16;

/** The runs that count: few enough to follow a machine that has other work, enough for one that was held up not to. */
const REMEMBERED_RUNS = 5;

/**
 * How fast a graph reads a prompt, as its latest runs took. It says how many tokens a run sees: long runs use the
 * processor better, but cancellation is only seen between two of them.
 */
export class PrefillPace {
  /** Milliseconds for a token. */
  private readonly runs = new LatestTimes(REMEMBERED_RUNS);

  /** What a token takes in a share of the latest runs, from 0 to 1; `null` until a run was timed. */
  millisecondsPerToken(share = 0.5): number | null {
    return this.runs.within(share);
  }

  /** Tokens of a run for somebody who waits: as many as are read within its patience. */
  get chunkTokens(): number {
    return this.tokensWithin(PATIENCE_MILLISECONDS, MOST_TOKENS, CHUNK_TOKENS);
  }

  /** Tokens of a run that nobody waits for. */
  get sliceTokens(): number {
    return this.tokensWithin(SLICE_MILLISECONDS, CHUNK_TOKENS, LEAST_SLICE_TOKENS);
  }

  /** Tells how long a run over a number of tokens took. Short runs say little of longer ones, and do not count. */
  ran(tokens: number, milliseconds: number): void {
    if (tokens >= CHUNK_TOKENS) {
      this.runs.add(milliseconds / tokens);
    }
  }

  private tokensWithin(milliseconds: number, most: number, least: number): number {
    const pace = this.millisecondsPerToken();
    let tokens = pace === null ? least : most;
    while (pace !== null && tokens > least && tokens * pace > milliseconds) {
      tokens /= 2;
    }
    return tokens;
  }
}
