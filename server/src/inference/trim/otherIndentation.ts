import { all, before, type Range, type TrimContext } from "./step";

/** Ends before the first line that is indented with spaces where the file uses tabs, or the other way round. */
export function cutOtherIndentation(text: string, { cursor }: TrimContext): Range {
  if (cursor.indentedWith === null) {
    return all(text);
  }
  return before(text, text.search(cursor.indentedWith === "tab" ? /\n {2,}\S/ : /\n *\t/));
}
