import type { CursorContext } from "../prompt/cursorContext";
import { balanceOf } from "./balance";
import { all, before, type Range, type TrimContext } from "./step";

/**
 * A copy, at the end, of what follows the cursor on its line: all of it, however it is spaced, or the closing signs it
 * begins with.
 */
export function cutWhatFollowsOnLine(text: string, { cursor }: TrimContext): Range {
  if (!cursor.textFollows) {
    return all(text);
  }
  const signs = /^\s*[)\]}>;,"'`]+/.exec(cursor.lineAfter)?.[0].trim() ?? "";
  const copies = [
    cursor.lineAfter.replaceAll(/\s/g, ""),
    ...Array.from({ length: signs.length }, (_, index) => signs.slice(0, signs.length - index)),
  ];
  for (const copy of copies) {
    const start = startOfCopy(text, copy);
    if (start !== null && isCopy(text.slice(0, start), text, copy, cursor)) {
      return before(text, start);
    }
  }
  return all(text);
}

/** Where the text's end spells `copy`, which holds no white space; null where it does not. */
function startOfCopy(text: string, copy: string): number | null {
  let at = text.length;
  for (const sign of [...copy].reverse()) {
    at = text.slice(0, at).trimEnd().length - sign.length;
    if (text.slice(Math.max(0, at), at + sign.length) !== sign) {
      return null;
    }
  }
  return at;
}

/** Not the end of a longer word, nor what closes that which the answer itself opened. */
function isCopy(kept: string, text: string, copy: string, cursor: CursorContext): boolean {
  if (/[\p{L}\p{N}_$]$/u.test(kept) && /^[\p{L}\p{N}_$]/u.test(copy)) {
    return false;
  }
  return unpaired(kept, cursor) <= unpaired(text, cursor);
}

function unpaired(text: string, cursor: CursorContext): number {
  const { closers, openers, angles } = balanceOf(text, cursor);
  return closers + openers + Math.abs(angles);
}
