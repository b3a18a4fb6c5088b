import { MOST_COPIES } from "../format/record";
import { letterCount } from "./letterCount";
import type { LineIndex } from "./lineIndex";
import { visible } from "./whiteSpace";

/** Letters and digits that make a line tell where something stands: a bracket alone does not. */
const TELLING = 3;

/** At how many places of a text some lines stand, whole and one after the other; at most 64 are counted. */
export function copiesOf(block: readonly string[], text: LineIndex): number {
  // Their own place is one, whatever else cannot be counted.
  return Math.max(1, Math.min(text.placesOf(block).length, MOST_COPIES));
}

/**
 * The nearest line before one that has three letters or digits, without its blanks and tabs; `null` where there is none. It tells
 * copies of the same lines from each other.
 */
export function lineBefore(text: LineIndex, line: number): string | null {
  for (let at = line - 1; at >= 0; at -= 1) {
    const before = text.lines[at] ?? "";
    if (!text.spend(before.length + 1)) {
      return null;
    }
    if (letterCount(before) >= TELLING) {
      return visible(before);
    }
  }
  return null;
}
