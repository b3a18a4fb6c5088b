import { repeatedLinesAt } from "../repetition";
import { all, before, offsetOfLine, type Range } from "./step";

/** Lines, or blocks of lines, that come twice in a row: the first stays. */
export function cutRepeatedLines(text: string): Range {
  const lines = text.split("\n");
  const at = repeatedLinesAt(lines);
  return at < 0 ? all(text) : before(text, offsetOfLine(lines, at) - 1);
}
