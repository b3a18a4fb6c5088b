import { Harmless } from "./harmless";
import { all, before, NOTHING, type Range, type TrimContext } from "./step";

/** So many places to end at are tried; an answer has fewer signs but where the model lost its way. */
const MOST_TRIES = 100;

/**
 * Ends before the bracket, quote or comment from which on what follows the cursor would pair with something else, or be commented
 * out. Of several lines only whole ones stay.
 */
export function cutUnbalancing(text: string, { cursor }: TrimContext): Range {
  const harmless = new Harmless(cursor.document, true);
  if (harmless.is(text)) {
    return all(text);
  }
  for (const at of harmless.signsOf(text).slice(-MOST_TRIES).reverse()) {
    const newline = text.lastIndexOf("\n", at - 1);
    const isFirstLine = newline < 0 || text.slice(0, newline).trim() === "";
    const end = isFirstLine ? text.slice(0, at).replace(/[\s,]+$/, "").length : newline;
    if (harmless.is(text.slice(0, end))) {
      return before(text, end);
    }
  }
  return NOTHING;
}
