import type { Remark, ShownVerdict } from "../../../server/src/protocol/messages";
import type { Summary } from "../../../server/src/protocol/verdictWords";
import { lastLineOf } from "./onSuggestion";

/** Adjacent suggestions that would show the same badge, and show one together. */
export interface BadgeGroup {
  readonly summary: Summary;
  readonly remarks: readonly Remark[];
  readonly localChain: boolean;
  readonly note: string | null;
  /** Zero-based, inclusive. */
  readonly startLine: number;
  readonly endLine: number;
  readonly count: number;
}

/**
 * Groups a document's verdicts by badge, from top to bottom.
 *
 * @param lengthOf a line's length in the document: a suggestion that begins with a line break, at the end of a line
 *   that a person wrote, begins on the next one
 */
export function badgeGroupsOf(
  verdicts: readonly ShownVerdict[],
  lengthOf: (line: number) => number,
): readonly BadgeGroup[] {
  const groups: BadgeGroup[] = [];
  const ordered = [...verdicts].sort(
    (one, other) =>
      one.range.start.line - other.range.start.line ||
      one.range.start.character - other.range.start.character,
  );
  for (const { range, summary, remarks, localChain, note } of ordered) {
    const startLine = firstLine(range, lengthOf);
    const endLine = lastLineOf(range);
    const last = groups.at(-1);
    if (
      last !== undefined &&
      last.summary === summary &&
      last.remarks.join() === remarks.join() &&
      last.localChain === localChain &&
      last.note === note &&
      startLine <= last.endLine + 1
    ) {
      groups[groups.length - 1] = {
        ...last,
        endLine: Math.max(last.endLine, endLine),
        count: last.count + 1,
      };
    } else {
      groups.push({ summary, remarks, localChain, note, startLine, endLine, count: 1 });
    }
  }
  return groups;
}

function firstLine({ start, end }: ShownVerdict["range"], lengthOf: (line: number) => number): number {
  return end.line > start.line && start.character > 0 && start.character >= lengthOf(start.line)
    ? start.line + 1
    : start.line;
}

/** A document's line lengths; 0 for a line that it no longer has. */
export function lineLengths(document: {
  readonly lineCount: number;
  lineAt(line: number): { readonly text: string };
}): (line: number) => number {
  return (line) => (line < document.lineCount ? document.lineAt(line).text.length : 0);
}

/** The group that the next or previous command goes to from a line, around the end of the document. */
export function neighbour(
  groups: readonly BadgeGroup[],
  line: number,
  direction: "next" | "previous",
): BadgeGroup | undefined {
  return direction === "next"
    ? (groups.find((group) => group.startLine > line) ?? groups[0])
    : (groups.findLast((group) => group.endLine < line) ?? groups.at(-1));
}
