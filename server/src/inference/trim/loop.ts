import { all, before, type Range, type TrimContext } from "./step";

/** Where the decoder stopped a loop: the text's end comes at least three times over, and once is enough. */
export function cutLoop(text: string, { stop }: TrimContext): Range {
  if (stop !== "repetition") {
    return all(text);
  }
  for (let period = 1; 3 * period <= text.length; period++) {
    let start = text.length - period;
    while (start > 0 && text[start - 1] === text[start - 1 + period]) {
      start -= 1;
    }
    if (text.length - start >= 3 * period) {
      return before(text, start + period);
    }
  }
  return all(text);
}
