import { unpairedIn } from "../prompt/brackets";
import { balanceOf } from "./balance";
import { all, before, NOTHING, type Range, type TrimContext } from "./step";

/** So many signs are tried to end before, as each looks at the whole line again; an answer has fewer but where the model lost its way. */
const MOST_TRIES = 100;

/** Where text follows on the line, what comes from a bracket or quote on that neither the answer nor that text closes. */
export function cutOpenedBeforeText(text: string, { cursor }: TrimContext): Range {
  if (!cursor.textFollows) {
    return all(text);
  }
  const { openers: least } = balanceOf("", cursor);
  let end = text.length;
  for (let tries = 0; balanceOf(text.slice(0, end), cursor).openers > least; tries += 1) {
    if (tries === MOST_TRIES) {
      return NOTHING;
    }
    const opener = unpairedIn(text.slice(0, end), cursor.lineBefore).openers.at(-1);
    if (opener === undefined) {
      break;
    }
    end = text.slice(0, opener.at).replace(/[\s,]+$/, "").length;
  }
  return before(text, end);
}
