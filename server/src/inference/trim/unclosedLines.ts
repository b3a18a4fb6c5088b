import { isQuote, unpairedIn } from "../brackets";
import type { Scope } from "../scope";
import { balanceOf } from "./balance";
import { all, before, NOTHING, type Range, type TrimContext } from "./step";

/**
 * Several lines end with the last one behind which no bracket, quote or comment of the answer is open; where there is
 * none, the first line stays alone.
 */
export function cutUnclosedLines(text: string, { scope }: TrimContext): Range {
  if (scope.textFollows || !text.trim().includes("\n")) return all(text);
  const visible = text.search(/\S/);
  for (let end = text.length; end > visible; end = text.lastIndexOf("\n", end - 1)) {
    if (isClosed(text.slice(0, end), scope)) return before(text, end);
  }
  const firstLine = text.slice(0, text.indexOf("\n", visible));
  return inComment(firstLine, scope) ? NOTHING : before(text, firstLine.length);
}

function isClosed(text: string, scope: Scope): boolean {
  const { before, after } = scope.around;
  const end = before.length + text.length;
  if (inComment(text, scope) || unpairedIn(text, before).openers.some(({ sign }) => isQuote(sign)))
    return false;
  if (balanceOf(text, scope).openers > balanceOf("", scope).openers) return false;
  return !unpairedIn(before + text + after).openers.some(({ at }) => at >= before.length && at < end);
}

/** A comment that ends with its line is none. */
function inComment(text: string, { around }: Scope): boolean {
  return unpairedIn(`${text}\n`, around.before).inComment;
}
