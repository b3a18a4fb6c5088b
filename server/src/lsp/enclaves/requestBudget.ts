const HOUR_MILLISECONDS = 3_600_000;

/** Counts what was sent within an hour. */
export class RequestBudget {
  private times: readonly number[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Something is sent. */
  spend(): void {
    this.times = [...this.recent(), this.now()];
  }

  get spent(): number {
    return this.recent().length;
  }

  private recent(): readonly number[] {
    const begin = this.now() - HOUR_MILLISECONDS;
    return this.times.filter((time) => time > begin);
  }
}
