import { Harmless } from "./harmless";
import { all, before, NOTHING, type Range, type TrimContext } from "./step";

/** So many signs are tried to end before; an answer has fewer but where the model lost its way. */
const MOST_TRIES = 100;

/**
 * Once so many UTF-16 code units were looked at, nothing stays. Each try looks at what the prompt holds from the cursor's line on, and
 * a few tries decide of any answer that somebody would want; but a prompt may be a stranger's, and there may be many.
 */
const MOST_LOOKED_AT = 1_000_000;

/**
 * Ends before the bracket, quote or comment from which on what follows the cursor would pair with something else, or be commented
 * out. Of several lines only whole ones stay.
 */
export function cutUnbalancing(text: string, { cursor }: TrimContext): Range {
  const harmless = new Harmless(cursor.document, true);
  if (harmless.is(text)) {
    return all(text);
  }
  const visible = text.length - text.trimStart().length;
  let tried = text.length;
  for (const at of harmless.signsOf(text).slice(-MOST_TRIES).reverse()) {
    if (harmless.looked > MOST_LOOKED_AT) {
      break;
    }
    const newline = text.lastIndexOf("\n", at - 1);
    const end = newline > visible ? newline : endOfWords(text, at);
    if (end < tried && harmless.is(text.slice(0, end))) {
      return before(text, end);
    }
    tried = Math.min(tried, end);
  }
  return NOTHING;
}

/** Where a text ends before an offset, without white space and commas. */
function endOfWords(text: string, at: number): number {
  let end = at;
  while (end > 0 && /[\s,]/.test(text.charAt(end - 1))) {
    end -= 1;
  }
  return end;
}
