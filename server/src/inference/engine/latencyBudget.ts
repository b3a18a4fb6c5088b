import { LatestTimes } from "../graph/latestTimes";
import type { PrefillPace } from "../graph/prefillPace";

/** Answers are of different lengths; so many of the latest say how long one takes. */
const REMEMBERED_ANSWERS = 9;

/** An answer that is to be there in time is so in this share of cases, and not in half of them. */
const IN_TIME = 0.75;

/** Until somebody asked, an answer is taken to have so many tokens. */
const USUAL_TOKENS = 10;

/**
 * What may be read of a prompt before its answer, so that the answer is there in time: what reading takes on this
 * machine, and what everything else does, as the latest requests took it.
 */
export class LatencyBudget {
  /** Milliseconds of each answer that were not reading. */
  private readonly others = new LatestTimes(REMEMBERED_ANSWERS);

  constructor(private readonly pace: Pick<PrefillPace, "millisecondsPerToken">) {}

  /**
   * How many tokens may be read. Where the rest takes most of the time, as many as can be read in the time that it takes.
   *
   * @param milliseconds from the request to the answer
   */
  readableTokens(milliseconds = Number.POSITIVE_INFINITY): number {
    const perToken = this.pace.millisecondsPerToken(IN_TIME);
    if (perToken === null) {
      return Number.POSITIVE_INFINITY;
    }
    const other = this.others.within(IN_TIME) ?? 0;
    // A shorter prompt would save less than half of the wait, and cost more than that of what the model knows.
    return Math.floor(Math.max(milliseconds - other, Math.min(milliseconds, other)) / perToken);
  }

  /** An answer took so long besides the reading of its prompt. */
  answered(milliseconds: number): void {
    this.others.add(milliseconds);
  }

  /** One token took so long to write, before anybody asked. */
  wroteToken(milliseconds: number): void {
    this.answered(USUAL_TOKENS * milliseconds);
  }
}
