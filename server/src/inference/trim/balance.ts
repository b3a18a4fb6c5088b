import { unpairedIn } from "../prompt/brackets";
import type { CursorContext } from "../prompt/cursorContext";

/** How many brackets and quotes pair with nothing where a text stands at the cursor. */
export interface Balance {
  readonly closers: number;
  readonly openers: number;
  /** Angle brackets of type arguments that are open; below 0 too many are closed. */
  readonly angles: number;
}

export function balanceOf(text: string, { around }: CursorContext): Balance {
  const whole = around.before + text + around.after;
  const { closers, openers } = unpairedIn(whole);
  // Arrows and comparisons aside.
  const [opened, closed] = [/<(?![=\s])/g, /(?<![=\-\s])>/g].map((sign) => whole.match(sign)?.length ?? 0);
  return { closers: closers.length, openers: openers.length, angles: (opened ?? 0) - (closed ?? 0) };
}
