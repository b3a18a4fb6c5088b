import { indentationOf } from "../prompt/blockExtent";
import { all, before, NOTHING, offsetOfLine, type Range, type TrimContext } from "./step";

/** A shorter beginning, as `return`, is common to many lines. */
const MIN_BEGINNING = 12;

/** Lines at the end that stand below the cursor already; of the last one perhaps only the beginning. */
export function cutWhatFollowsBelow(text: string, { cursor }: TrimContext): Range {
  const lines = text.split("\n");
  for (let at = cursor.blankLine ? 0 : 1; at < lines.length; at++) {
    const rest = lines.slice(at).filter((line) => line.trim() !== "");
    if (rest.length === 0) {
      break;
    }
    const indented = at === 0 ? cursor.lineBefore + text : rest[0];
    if (
      rest.length > cursor.linesBelow.length ||
      !sameLine(indented ?? "", rest[0] ?? "", cursor.linesBelow[0] ?? "")
    ) {
      continue;
    }
    const repeated = rest.every((line, index) => {
      const below = cursor.linesBelow[index] ?? "";
      return line.trim() === below.trim() || (index === rest.length - 1 && begins(line.trim(), below.trim()));
    });
    if (repeated) {
      return at === 0 ? NOTHING : before(text, offsetOfLine(lines, at) - 1);
    }
  }
  return all(text);
}

/** A closing bracket is the same line only at the same depth, and so is the beginning of a line. */
function sameLine(indented: string, line: string, below: string): boolean {
  const isAtDepth = indentationOf(indented) === indentationOf(below);
  if (line.trim() !== below.trim()) {
    return isAtDepth && begins(line.trim(), below.trim());
  }
  return isAtDepth || /[\p{L}\p{N}]/u.test(line);
}

/** A beginning of some length that ends with a word or sign. */
function begins(line: string, below: string): boolean {
  if (line.length < MIN_BEGINNING || !below.startsWith(line)) {
    return false;
  }
  return !/^[\p{L}\p{N}_$]{2}/u.test(below.slice(line.length - 1));
}
