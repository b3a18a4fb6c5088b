import { all, before, NOTHING, type Range, type TrimContext } from "./step";

/** One line only where text follows the cursor on its line, or where the decoder stopped at a line's end. */
export function cutAfterLine(text: string, { cursor, stop }: TrimContext): Range {
  if (!cursor.textFollows && stop !== "line") {
    return all(text);
  }
  const visible = text.search(/\S/);
  return visible < 0 ? NOTHING : before(text, text.indexOf("\n", visible));
}
