/** How far a download is. */
export interface Progress {
  readonly path: string;
  /** Bytes that are there, of all files. */
  readonly done: number;
  readonly total: number;
}

/** Progress within one file is reported no more often than this. */
const INTERVAL_MILLISECONDS = 100;

/**
 * Limits how often progress is reported: the first step of each file and the very last one at once, those in between
 * once per interval. A download that has stalled still reports how far it got.
 */
export class PacedProgress {
  private told = Number.NEGATIVE_INFINITY;
  private path: string | null = null;
  private latest: Progress | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly tell: (progress: Progress) => void) {}

  report(progress: Progress): void {
    this.latest = progress;
    const early = this.told + INTERVAL_MILLISECONDS - performance.now();
    if (early <= 0 || progress.path !== this.path || progress.done >= progress.total) {
      this.tellLatest();
    } else {
      this.timer ??= setTimeout(() => this.tellLatest(), early);
    }
  }

  /** Reports nothing from now on. */
  end(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.timer = null;
    this.latest = null;
  }

  private tellLatest(): void {
    const latest = this.latest;
    this.end();
    if (latest === null) {
      return;
    }
    this.told = performance.now();
    this.path = latest.path;
    this.tell(latest);
  }
}
