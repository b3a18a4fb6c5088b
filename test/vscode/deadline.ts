/** Waiting without sleeping a fixed time: everything polls, and everything gives up with a sentence that says why. */

export interface Deadline {
  readonly milliseconds?: number;
  /** What is waited for, to end the sentence `gave up after … waiting for …`. */
  readonly what: string;
}

/** Polls `read` until `accept` agrees, and returns what it agreed to. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  accept: (value: T) => boolean,
  { milliseconds = 20_000, what }: Deadline,
): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = await read();
    if (accept(value)) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`gave up after ${milliseconds} ms waiting for ${what}; last seen: ${inspect(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Holds when `read` stays acceptable for the whole time: the only honest test that something does not happen. */
export async function steadily<T>(
  read: () => Promise<T> | T,
  accept: (value: T) => boolean,
  { milliseconds = 1_500, what }: Deadline,
): Promise<void> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    const value = await read();
    if (!accept(value)) {
      throw new Error(`expected ${what} for ${milliseconds} ms, but saw: ${inspect(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function inspect(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 2_000) ?? String(value);
}
