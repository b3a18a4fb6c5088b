import { firstLineOf, lastLineOf } from "../../../server/src/protocol/coveredLines";
import type { ShownVerdict } from "../../../server/src/protocol/messages";
import type { Remark, Summary } from "../../../server/src/protocol/verdictWords";
import { worstFirst } from "../../../server/src/protocol/worstFirst";

/** Adjacent lines of which the same is said, under one badge at the end of the first. */
export interface LineBadge {
  readonly summary: Summary;
  readonly remarks: readonly Remark[];
  readonly keptLines: ShownVerdict["keptLines"];
  readonly note: string | null;
  /** Zero-based, inclusive. */
  readonly startLine: number;
  readonly endLine: number;
  /** Suggestions of which it says so. */
  readonly count: number;
}

/**
 * The badges of a document from top to bottom. A line has one badge, and that bears the worst word of all suggestions on
 * it. Adjacent lines share a badge where it would say the same.
 *
 * @param lengthOf a line's length in the document: a suggestion that begins with a line break, at the end of a line
 *   that a person wrote, begins on the next one
 */
export function lineBadgesOf(
  verdicts: readonly ShownVerdict[],
  lengthOf: (line: number) => number,
): readonly LineBadge[] {
  const badges: (LineBadge & { readonly ids: ReadonlySet<string> })[] = [];
  for (const [line, here] of byLine(verdicts, lengthOf)) {
    const said = saidOf(here);
    if (said === null) {
      continue;
    }
    const last = badges.at(-1);
    if (last !== undefined && last.endLine + 1 === line && saysTheSame(last, said)) {
      const ids = new Set([...last.ids, ...said.ids]);
      badges[badges.length - 1] = { ...last, ids, endLine: line, count: ids.size };
    } else {
      badges.push({ ...said, startLine: line, endLine: line, count: said.ids.size });
    }
  }
  return badges.map(({ ids: _, ...badge }) => badge);
}

type Said = Pick<LineBadge, "summary" | "remarks" | "keptLines" | "note"> & {
  readonly ids: ReadonlySet<string>;
};

/** What one line's badge says, from the suggestions on it. */
function saidOf(here: readonly ShownVerdict[]): Said | null {
  const [first, ...others] = worstFirst(here, ({ summary, remarks }) => ({
    summary,
    isPart: remarks.includes("part"),
  }));
  if (first === undefined) {
    return null;
  }
  const worst = [first, ...others.filter(({ summary }) => summary === first.summary)];
  return {
    summary: first.summary,
    remarks: [...new Set(worst.flatMap(({ remarks }) => remarks))],
    keptLines: worst.length === 1 ? first.keptLines : null,
    note: worst.find(({ note }) => note !== null)?.note ?? null,
    ids: new Set(worst.map(({ id }) => id)),
  };
}

function saysTheSame(one: Said, other: Said): boolean {
  return (
    one.summary === other.summary &&
    one.remarks.join() === other.remarks.join() &&
    one.note === other.note &&
    one.keptLines?.kept === other.keptLines?.kept &&
    one.keptLines?.total === other.keptLines?.total
  );
}

/** Who stands on each line, by line. */
function byLine(
  verdicts: readonly ShownVerdict[],
  lengthOf: (line: number) => number,
): readonly (readonly [number, readonly ShownVerdict[]])[] {
  const lines = new Map<number, ShownVerdict[]>();
  for (const verdict of verdicts) {
    for (let line = firstLineOf(verdict.range, lengthOf); line <= lastLineOf(verdict.range); line += 1) {
      const here = lines.get(line);
      if (here === undefined) {
        lines.set(line, [verdict]);
      } else {
        here.push(verdict);
      }
    }
  }
  return [...lines].sort(([one], [other]) => one - other);
}

/** A document's line lengths; 0 for a line that it no longer has. */
export function lineLengths(document: {
  readonly lineCount: number;
  lineAt(line: number): { readonly text: string };
}): (line: number) => number {
  return (line) => (line < document.lineCount ? document.lineAt(line).text.length : 0);
}

/** The badge that the next or previous command goes to from a line, around the end of the document. */
export function neighbour(
  badges: readonly LineBadge[],
  line: number,
  direction: "next" | "previous",
): LineBadge | undefined {
  return direction === "next"
    ? (badges.find(({ startLine }) => startLine > line) ?? badges[0])
    : (badges.findLast(({ endLine }) => endLine < line) ?? badges.at(-1));
}
