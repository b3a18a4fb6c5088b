import type { ShownVerdict } from "../../../server/src/protocol/messages";

/** A zero-based line holds something of an accepted suggestion. */
export function isOnSuggestion(verdicts: readonly ShownVerdict[], line: number): boolean {
  return verdicts.some(({ range }) => range.start.line <= line && line <= lastLineOf(range));
}

/** A range that ends before a line's first character does not reach that line. */
export function lastLineOf({ start, end }: ShownVerdict["range"]): number {
  return end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
}
