/** A longer pause is not part of a rhythm. */
const LONGEST_INTERVAL_MILLISECONDS = 1000;
/** Nobody waits longer for a request to begin. */
const LONGEST_DELAY_MILLISECONDS = 250;
/** How much the newest observation counts. */
const WEIGHT = 0.2;

/**
 * How long a request that nobody asked for waits before the model starts. Where answers come faster than keys, not at
 * all. Where they do not, starting at every key would only be work to cancel, so the request waits for the next key as
 * long as one is likely in this person's rhythm, but never longer than the answer itself takes. All times in ms.
 */
export class Debounce {
  private interval: number | null = null;
  private answer: number | null = null;
  private lastKey = Number.NEGATIVE_INFINITY;

  /** A person typed. */
  typed(now: number): void {
    const interval = now - this.lastKey;
    this.lastKey = now;
    if (interval <= LONGEST_INTERVAL_MILLISECONDS) {
      this.interval = average(this.interval, interval);
    }
  }

  /** The model answered, so long after it was asked. */
  answered(milliseconds: number): void {
    this.answer = average(this.answer, milliseconds);
  }

  delay(now: number): number {
    if (this.interval === null || this.answer === null || this.answer <= this.interval) {
      return 0;
    }
    const untilNextKey = this.lastKey + 1.5 * this.interval - now;
    return Math.max(0, Math.min(untilNextKey, this.answer, LONGEST_DELAY_MILLISECONDS));
  }
}

function average(before: number | null, value: number): number {
  return before === null ? value : before + WEIGHT * (value - before);
}

/** Resolves after so many ms, or at once when the signal is or becomes aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (milliseconds <= 0 || signal.aborted) {
      return resolve();
    }
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end, { once: true });
  });
}
