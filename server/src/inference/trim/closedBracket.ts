import { all, before, type Range, type TrimContext } from "./step";

/** What comes from the bracket on that the text following on the line closes already, as an auto-closed one does. */
export function cutAtClosedBracket(text: string, { scope }: TrimContext): Range {
  const follows = scope.lineAfter.trimStart();
  if (!scope.textFollows || !/^[)\]}]/.test(follows)) return all(text);
  const open: string[] = [];
  let quote: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (quote !== null) {
      if (sign === "\\") at += 1;
      else if (sign === quote) quote = null;
    } else if (/["'`]/.test(sign)) quote = sign;
    else if (/[([{]/.test(sign)) open.push(sign);
    else if (/[)\]}]/.test(sign) && open.pop() === undefined && follows.startsWith(sign))
      return before(text, at);
  }
  return all(text);
}
