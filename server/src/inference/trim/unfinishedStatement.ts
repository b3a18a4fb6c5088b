import { indentationOf, opensBlock } from "../prompt/blockExtent";
import { all, before, isCutShort, offsetOfLine, type Range, type TrimContext } from "./step";

/**
 * Where an answer of several lines was cut short, it ends with its last whole statement: the last line that is
 * indented least and opens nothing. Half a statement with open brackets would have to be repaired by hand.
 */
export function cutUnfinishedStatement(text: string, { cursor, stop }: TrimContext): Range {
  const lines = text.split("\n");
  if (!isCutShort(stop) || lines.length < 2) {
    return all(text);
  }
  const indentations = lines.map((line, index) => {
    if (line.trim() === "" || (index === 0 && !cursor.blankLine)) {
      return Number.POSITIVE_INFINITY;
    }
    return indentationOf(index === 0 ? cursor.lineBefore + line : line);
  });
  const least = Math.min(...indentations);
  const last = indentations.findLastIndex(
    (indentation, index) => indentation === least && !opensBlock(lines[index] ?? ""),
  );
  return last < 0 ? all(text) : before(text, offsetOfLine(lines, last + 1) - 1);
}
