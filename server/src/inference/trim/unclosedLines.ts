import { type BracketSign, isQuote, unpairedIn } from "../prompt/brackets";
import type { CursorContext } from "../prompt/cursorContext";
import { balanceOf } from "./balance";
import { all, before, type Range, type TrimContext } from "./step";

/**
 * Several lines end with the last one behind which no bracket, quote or comment of the answer is open, and before one
 * that closes what is not; where there is none, the first line stays alone. A single line may open what the next ones close, but for a comment.
 */
export function cutUnclosedLines(text: string, { cursor }: TrimContext): Range {
  if (cursor.textFollows) {
    return all(text);
  }
  const visible = text.search(/\S/);
  const newline = text.indexOf("\n", visible);
  if (newline >= 0 && text.slice(newline).trim() !== "") {
    for (let end = text.length; end > newline; end = text.lastIndexOf("\n", end - 1)) {
      if (isClosed(text.slice(0, end), cursor)) {
        return before(text, end);
      }
    }
  }
  return before(text, startOfComment(newline < 0 ? text : text.slice(0, newline), cursor));
}

function isClosed(text: string, cursor: CursorContext): boolean {
  const { before, after } = cursor.around;
  const end = before.length + text.length;
  if (inComment(text, cursor) || unpairedIn(text, before).openers.some(({ sign }) => isQuote(sign))) {
    return false;
  }
  if (balanceOf(text, cursor).openers > balanceOf("", cursor).openers) {
    return false;
  }
  const { openers, closers } = unpairedIn(before + text + after);
  const isInText = ({ at }: BracketSign): boolean => at >= before.length && at < end;
  // A line that begins with brackets may close blocks that were opened far above.
  const begins = ({ at }: BracketSign): boolean => /(?:^|\n)[\s)\]};,]*$/.test((before + text).slice(0, at));
  return !openers.some(isInText) && closers.filter(isInText).every(begins);
}

/** Where a comment begins that goes on behind a text, or the text's end. */
function startOfComment(text: string, cursor: CursorContext): number {
  let end = text.length;
  while (end > 0 && inComment(text.slice(0, end), cursor)) {
    end = text.lastIndexOf("/*", end - 1);
  }
  return Math.max(0, end);
}

/** In one that the text opened and that does not end with its line. */
function inComment(text: string, { around }: CursorContext): boolean {
  const isIn = (upTo: string): boolean => unpairedIn(`${upTo}\n`).inComment;
  return isIn(around.before + text) && !isIn(around.before);
}
