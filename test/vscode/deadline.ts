/** Waiting for what is drawn: everything polls, and everything gives up with a sentence that says why. */
import { eventually as something } from "../support/eventually";
import { scaled } from "./slowness";

export interface Deadline {
  /** On a machine with nothing else to do; longer on a slower one. */
  readonly milliseconds?: number;
  /** What is waited for, to end the sentence `waited … in vain for …`. */
  readonly what: string;
}

/** Polls `read` until `accept` agrees, and returns what it agreed to. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  accept: (value: T) => boolean,
  { milliseconds = 20_000, what }: Deadline,
): Promise<T> {
  let last: { readonly value: T } | undefined;
  const accepted = async (): Promise<{ readonly value: T } | null> => {
    last = { value: await read() };
    return accept(last.value) ? last : null;
  };
  const soFar = (): string => `last seen: ${inspect(last?.value)}`;
  return (await something(what, accepted, { milliseconds: scaled(milliseconds), soFar })).value;
}

/** Holds when `read` stays acceptable for the whole time: the only honest test that something does not happen. */
export async function steadily<T>(
  read: () => Promise<T> | T,
  accept: (value: T) => boolean,
  { milliseconds = 1_500, what }: Deadline,
): Promise<void> {
  const end = performance.now() + scaled(milliseconds);
  const passed = async (): Promise<boolean> => {
    const value = await read();
    if (!accept(value)) {
      throw new Error(`expected ${what} for ${scaled(milliseconds)} ms, but saw: ${inspect(value)}`);
    }
    return performance.now() > end;
  };
  await something("that time to pass", passed, { milliseconds: scaled(milliseconds) * 20 });
}

function inspect(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 2_000) ?? String(value);
}
