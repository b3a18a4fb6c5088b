/** Lets so many pieces of work run at one time; the others wait, in the order in which they came. */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  /** Runs work in its turn; resolves or rejects as it does. */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.running >= this.limit) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) {
        this.running -= 1;
      } else {
        // Its place passes on.
        next();
      }
    }
  }
}
