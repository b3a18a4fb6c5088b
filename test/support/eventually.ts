/** Waiting without sleeping a fixed time: the one poller of all tests. */

/** What a reading gives as long as there is nothing yet. */
export type Nothing = undefined | null | false;

export interface Waiting {
  /** What only a defect takes. */
  readonly milliseconds?: number;
  /** What there is so far, to end the sentence that says it took too long. */
  readonly soFar?: () => string;
  /** Settles when something has happened that is worth reading at once. */
  readonly change?: () => Promise<void>;
}

const PAUSE_MILLISECONDS = 25;

/**
 * Reads until there is something, and gives that.
 *
 * @param what ends the sentence `waited … ms in vain for …`
 * @throws what `read` throws
 */
export async function eventually<Value>(
  what: string,
  read: () => Value | Nothing | Promise<Value | Nothing>,
  { milliseconds = 20_000, soFar, change }: Waiting = {},
): Promise<Value> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== null && value !== false) {
      return value;
    }
    if (performance.now() > end) {
      throw new Error(
        `waited ${milliseconds} ms in vain for ${what}${soFar === undefined ? "" : `; ${soFar()}`}`,
      );
    }
    await next(change);
  }
}

/** Settles after a pause, or with the next change. */
async function next(change: Waiting["change"]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const pause = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PAUSE_MILLISECONDS);
  });
  await Promise.race(change === undefined ? [pause] : [pause, change()]);
  clearTimeout(timer);
}
