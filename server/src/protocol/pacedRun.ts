import { messageOf } from "./caught";

/** Nothing runs until this long after it was asked for, so that what changes together is looked at once. */
const SOON_MILLISECONDS = 500;
/** How much longer it rests than it worked: it never takes more than a tenth of the time, however often it is asked for. */
const REST_SHARE = 9;

/** Runs long work again and again as it is asked for, one run at a time, with rests between them. */
export class PacedRun {
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;
  private isAskedFor = false;
  private isClosed = false;
  private notBefore = 0;

  constructor(
    private readonly run: () => Promise<void>,
    private readonly log: (line: string) => void,
  ) {}

  /** Asks for a run that begins later than now, whatever runs already. */
  soon(): void {
    this.isAskedFor = true;
    this.wait();
  }

  /** The same without a rest: a person waits for it. */
  now(): void {
    this.notBefore = 0;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.soon();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private wait(): void {
    if (this.isClosed || this.isRunning || !this.isAskedFor || this.timer !== undefined) {
      return;
    }
    const rest = Math.max(SOON_MILLISECONDS, this.notBefore - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.begin();
    }, rest);
    this.timer.unref();
  }

  private async begin(): Promise<void> {
    this.isAskedFor = false;
    this.isRunning = true;
    const began = performance.now();
    try {
      await this.run();
    } catch (error) {
      this.log(`Work in the background: ${messageOf(error)}`);
    }
    const ended = performance.now();
    this.notBefore = ended + REST_SHARE * (ended - began);
    this.isRunning = false;
    this.wait();
  }
}
