import { unpairedIn } from "../prompt/brackets";
import { balanceOf } from "./balance";
import { all, before, type Range, type TrimContext } from "./step";

/** Where text follows on the line, what comes from a bracket or quote on that neither the answer nor that text closes. */
export function cutOpenedBeforeText(text: string, { cursor }: TrimContext): Range {
  if (!cursor.textFollows) {
    return all(text);
  }
  const { openers: least } = balanceOf("", cursor);
  let end = text.length;
  while (balanceOf(text.slice(0, end), cursor).openers > least) {
    const opener = unpairedIn(text.slice(0, end), cursor.lineBefore).openers.at(-1);
    if (opener === undefined) {
      break;
    }
    end = text.slice(0, opener.at).replace(/[\s,]+$/, "").length;
  }
  return before(text, end);
}
