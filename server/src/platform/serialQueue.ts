/**
 * Runs steps one after the other, in the order in which they were asked for. A step that fails does so for whoever
 * asked for it; those behind it run all the same.
 */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();
  private unfinished = 0;

  /** Whether no step runs or waits. */
  get isIdle(): boolean {
    return this.unfinished === 0;
  }

  /** Runs a step once all those before it have ended; resolves or rejects as the step does. */
  run<Value>(step: () => Value | Promise<Value>): Promise<Value> {
    this.unfinished += 1;
    const done = this.last.then(async () => {
      try {
        return await step();
      } finally {
        this.unfinished -= 1;
      }
    });
    this.last = done.catch(() => {});
    return done;
  }

  /** Resolves once no step runs or waits, those that are added meanwhile included. Never rejects. */
  async idle(): Promise<void> {
    while (!this.isIdle) {
      await this.last;
    }
  }
}
