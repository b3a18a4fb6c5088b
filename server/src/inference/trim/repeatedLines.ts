import { repeatedLinesIn } from "../decode/repetition";
import { all, before, offsetOfLine, type Range } from "./step";

/**
 * Lines, or blocks of lines, that come twice in a row: the first stays where nothing else stands before it, for a model
 * that repeats itself has lost its way with what it repeats.
 */
export function cutRepeatedLines(text: string): Range {
  const lines = text.split("\n");
  const repeated = repeatedLinesIn(lines);
  if (repeated === null) {
    return all(text);
  }
  const { first, second } = repeated;
  const hasOthers = lines.slice(0, first).some((line) => line.trim() !== "");
  return before(text, offsetOfLine(lines, hasOthers ? first : second) - 1);
}
