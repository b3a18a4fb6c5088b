/** What happens after a crash. */
export type Restart =
  | { readonly kind: "after"; readonly milliseconds: number }
  | { readonly kind: "never"; readonly crashes: number };

const FIRST_WAIT = 500;
const MOST_CRASHES = 5;
const WINDOW = 3 * 60_000;

/**
 * Restarts a crashed server after a wait that doubles, and gives up at the fifth crash within three minutes: a server
 * that cannot live must not eat the machine.
 */
export class RestartPolicy {
  private crashes: readonly number[] = [];

  crashed(now: number): Restart {
    this.crashes = [...this.crashes.filter((time) => now - time < WINDOW), now];
    return this.crashes.length >= MOST_CRASHES
      ? { kind: "never", crashes: this.crashes.length }
      : { kind: "after", milliseconds: FIRST_WAIT * 2 ** (this.crashes.length - 1) };
  }

  forgive(): void {
    this.crashes = [];
  }
}
