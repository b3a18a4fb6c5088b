import { lastLineOf } from "../../../server/src/protocol/coveredLines";
import type { ShownVerdict } from "../../../server/src/protocol/messages";

/** A zero-based line holds something of an accepted suggestion. */
export function isOnSuggestion(verdicts: readonly ShownVerdict[], line: number): boolean {
  return verdicts.some(({ range }) => range.start.line <= line && line <= lastLineOf(range));
}
