/** Often enough for eyes, seldom enough for a burst of results. */
const WAIT_MILLISECONDS = 100;

/** Runs something soon, and once for all that asked for it meanwhile. */
export class Coalescer {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly run: () => void) {}

  soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.run();
    }, WAIT_MILLISECONDS);
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
