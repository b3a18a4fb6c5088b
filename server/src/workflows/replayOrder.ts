import { compareText } from "../platform/compareText";
import type { Replayable } from "./replay";

/**
 * Orders suggestions so that each begins its prompt much like the one before: a replay reads only what the last one
 * has not. Prompts hold the path first, then the text after the cursor, then the text before it; the families that
 * hold it the other way round share less, and lose nothing.
 */
export function inReadingOrder<Suggestion extends Replayable>(
  suggestions: readonly Suggestion[],
): Suggestion[] {
  return [...suggestions].sort(compare);
}

/** The first of what waits, or what should be read before it: of the same prompt's kind, the shortest beginning. */
export function nextInReadingOrder(waiting: readonly [string, Replayable][]): [string, Replayable] | null {
  const [first] = waiting;
  if (first === undefined) {
    return null;
  }
  let next = first;
  for (const entry of waiting) {
    if (isAlike(entry[1], first[1]) && compare(entry[1], next[1]) < 0) {
      next = entry;
    }
  }
  return next;
}

function isAlike({ values: a }: Replayable, { values: b }: Replayable): boolean {
  return a?.prompt.path === b?.prompt.path && a?.prompt.suffix === b?.prompt.suffix;
}

function compare({ values: a }: Replayable, { values: b }: Replayable): number {
  if (a === null || b === null) {
    return Number(a === null) - Number(b === null);
  }
  return (
    compareText(a.prompt.path ?? "", b.prompt.path ?? "") ||
    compareText(a.prompt.suffix, b.prompt.suffix) ||
    compareText(a.prompt.prefix, b.prompt.prefix)
  );
}
