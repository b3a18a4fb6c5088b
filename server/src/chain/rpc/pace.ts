/** The shortest and the longest pause between two requests to a server that has enough. */
const FIRST_GAP_MILLISECONDS = 60;
const LAST_GAP_MILLISECONDS = 5_000;

/** Below this a pause is none. */
const NO_GAP_MILLISECONDS = 20;

/**
 * How fast one server is asked: as fast as can be, until it says that this is too fast. Then there is a pause between two
 * requests, longer with each complaint, and a little shorter with each answer.
 */
export class Pace {
  private gapMilliseconds = 0;
  private nextAt = 0;
  private slowedAt = Number.NEGATIVE_INFINITY;

  /** How long the next request has to wait. Times are those of `performance.now()`. */
  waitMilliseconds(now: number): number {
    return Math.max(0, this.nextAt - now);
  }

  sent(now: number): void {
    this.nextAt = Math.max(this.nextAt, now + this.gapMilliseconds);
  }

  answered(): void {
    const gap = this.gapMilliseconds * 0.98;
    this.gapMilliseconds = gap < NO_GAP_MILLISECONDS ? 0 : gap;
  }

  /** The server complained about a request that was sent at `sentAt`, and may have said for how long it wants peace. */
  slowDown({
    retryAfterMilliseconds,
    sentAt,
    now,
  }: {
    readonly retryAfterMilliseconds: number | null;
    readonly sentAt: number;
    readonly now: number;
  }): void {
    // Of several requests that were under way at once, one complaint is enough.
    if (sentAt >= this.slowedAt) {
      this.gapMilliseconds = Math.min(
        Math.max(this.gapMilliseconds * 1.5, FIRST_GAP_MILLISECONDS),
        LAST_GAP_MILLISECONDS,
      );
      this.slowedAt = now;
    }
    const pause = this.gapMilliseconds * (1 + Math.random());
    this.nextAt = Math.max(this.nextAt, now + Math.max(pause, retryAfterMilliseconds ?? 0));
  }
}
