/** Times of what was done lately, in whatever unit the caller counts: what a machine is likely to need next. */
export class LatestTimes {
  /** The latest last. */
  private readonly times: number[] = [];

  /** @param count so many count; earlier ones are forgotten */
  constructor(private readonly count: number) {}

  add(time: number): void {
    this.times.push(time);
    if (this.times.length > this.count) {
      this.times.shift();
    }
  }

  /**
   * The time within which a share of them lies; `null` before the first.
   *
   * @param share from 0 to 1; a half is the median, of two the longer one
   */
  within(share: number): number | null {
    return [...this.times].sort((a, b) => a - b)[Math.floor(this.times.length * share)] ?? null;
  }
}
