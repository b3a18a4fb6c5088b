/** What happens after a crash. */
export type Restart =
  | { readonly kind: "after"; readonly milliseconds: number }
  | { readonly kind: "never"; readonly crashes: number };

const FIRST_WAIT_MILLISECONDS = 500;
const MOST_CRASHES = 5;
const WINDOW_MILLISECONDS = 3 * 60_000;

/**
 * Restarts a crashed server after a wait that doubles, and gives up at the fifth crash within three minutes: a server
 * that cannot live must not eat the machine.
 */
export class RestartPolicy {
  /** When each of the latest crashes was, in milliseconds. */
  private crashes: readonly number[] = [];

  crashed(nowMilliseconds: number): Restart {
    const recent = this.crashes.filter((time) => nowMilliseconds - time < WINDOW_MILLISECONDS);
    this.crashes = [...recent, nowMilliseconds];
    return this.crashes.length >= MOST_CRASHES
      ? { kind: "never", crashes: this.crashes.length }
      : { kind: "after", milliseconds: FIRST_WAIT_MILLISECONDS * 2 ** (this.crashes.length - 1) };
  }

  forgive(): void {
    this.crashes = [];
  }
}
