import { all, before, type Range, type TrimContext } from "./step";

/** A copy, at the end, of what follows the cursor on its line: all of it, or the closing signs it begins with. */
export function cutWhatFollowsOnLine(text: string, { scope }: TrimContext): Range {
  if (!scope.textFollows) return all(text);
  const follows = scope.lineAfter.trim();
  const end = text.trimEnd();
  for (let length = Math.min(follows.length, end.length); length > 0; length--) {
    const copy = follows.slice(0, length);
    if (length < follows.length && !/^[)\]}>;,"'`]+$/.test(copy)) continue;
    if (end.endsWith(copy) && !opensWhatItCloses(end.slice(0, -length), copy)) {
      return before(text, end.length - length);
    }
  }
  return all(text);
}

/** True when signs in `copy` close what `text` itself opened, so that they are not a copy of what follows. */
function opensWhatItCloses(text: string, copy: string): boolean {
  for (const [open, close] of ["()", "[]", "{}"].map((pair) => [pair.charAt(0), pair.charAt(1)] as const)) {
    if (copy.includes(close) && count(text, open) > count(text, close)) return true;
  }
  return ['"', "'", "`"].some((quote) => copy.includes(quote) && count(text, quote) % 2 === 1);
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}
