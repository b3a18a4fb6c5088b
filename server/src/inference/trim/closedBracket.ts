import { isQuote, unpairedIn } from "../prompt/brackets";
import type { CursorContext } from "../prompt/cursorContext";
import { all, before, NOTHING, type Range, type TrimContext } from "./step";

/** Of an answer that closes more in vain nothing stays: each is looked at with all that stands around it. */
const MOST_CLOSED = 100;

/**
 * What comes from the bracket or quote on that the text which follows closes already, as an auto-closed one does. An
 * answer that opens again what it closed too much, as `a) + (b`, stays.
 */
export function cutAtClosedBracket(text: string, { cursor }: TrimContext): Range {
  const { blankLine, block, unclosed, lineAfter, around } = cursor;
  if (blankLine && unclosed) {
    return all(text);
  }
  if (blankLine && block !== null && /^\s*[)\]}]/.test(text) && opensNothing(around.before)) {
    return NOTHING;
  }
  let end = text.length;
  for (const after of [lineAfter, around.after]) {
    if (unpairedIn(after, around.before).closers.length > 0) {
      end = endWithout(text.slice(0, end), after, cursor);
    }
  }
  return before(text, end);
}

function opensNothing(line: string): boolean {
  return unpairedIn(line).openers.length === 0;
}

/** Where an answer first closes what `after` closes, or its length. */
function endWithout(text: string, after: string, { lineBefore, around }: CursorContext): number {
  // Signs that pair with nothing, a quote in `after` that now opens something among them.
  const inVain = (end: number): number => {
    const upToAfter = around.before + text.slice(0, end);
    const { closers, openers } = unpairedIn(upToAfter + after);
    return closers.length + openers.filter(({ sign, at }) => isQuote(sign) && at >= upToAfter.length).length;
  };
  const found = unpairedIn(text, lineBefore).closers;
  if (found.length > MOST_CLOSED) {
    return 0;
  }
  const places = found.map(({ at }) => ({
    at,
    before: inVain(at),
    behind: inVain(at + 1),
  }));
  const least = Math.min(...places.map(({ before }) => before));
  if (inVain(text.length) <= least) {
    return text.length;
  }
  return places.find(({ before, behind }) => before === least && behind > least)?.at ?? text.length;
}
