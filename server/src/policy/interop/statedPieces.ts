import { groupBy } from "../../platform/groupBy";
import { visibleText } from "../../protocol/visibleText";
import { refusedRecord, type StatedRange } from "./statedRange";

/** Some whole lines that are stated together, small enough that 128 of them fit into one evidence file. */
export interface StatedPiece extends Omit<StatedRange, "startLine" | "endLine"> {
  /** Zero-based, where it stood. */
  readonly line: number;
  /** With LF between its lines. */
  readonly accepted: string;
}

export interface StatedPieces {
  readonly pieces: readonly StatedPiece[];
  readonly lines: number;
  /** Lines that say too little to be told from any others, or are too long to be stated. */
  readonly leftOut: number;
}

const MOST_LINES = 48;
/** Bytes of a piece's text as JSON in UTF-8. With the longest names, 128 such pieces stay below what an evidence file may hold. */
const MOST_BYTES = 9_000;
/** Ranges of several authors over the same lines are each stated, so that a short record could ask for any number. */
const MOST_PIECES = 20_000;
/** Of fewer nothing is ever said. */
const FEWEST_LETTERS = 3;

/**
 * The texts behind ranges of lines.
 *
 * @param texts with LF, by path, in the state that the ranges speak of
 * @param state what that state is, for people: `commit 0123abc`
 * @throws ProoflineError `interop.input` where a file is missing, or a range ends beyond it
 */
export function statedPieces(
  ranges: readonly StatedRange[],
  texts: ReadonlyMap<string, string>,
  state: string,
): StatedPieces {
  const linesOf = new Map([...texts].map(([path, text]) => [path, text.replace(/\n$/, "").split("\n")]));
  for (const { path, startLine, endLine } of ranges) {
    const file = linesOf.get(path);
    if (file === undefined) {
      throw refusedRecord(`The record names ${visibleText(path)}, and ${state} holds no such text file.`);
    }
    if (endLine > file.length) {
      throw refusedRecord(
        `The record names lines ${startLine} to ${endLine} of ${visibleText(path)}, which has ${file.length} in ${state}.`,
      );
    }
  }
  const pieces: StatedPiece[] = [];
  let lines = 0;
  let leftOut = 0;
  for (const { path, startLine, endLine, ...who } of joined(ranges)) {
    const file = linesOf.get(path) ?? [];
    for (const { from, to } of portions(file, startLine - 1, endLine)) {
      const accepted = file.slice(from, to).join("\n");
      const letters = accepted.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
      if (pieces.length === MOST_PIECES) {
        throw refusedRecord(`The record comes to more than ${MOST_PIECES} statements.`);
      }
      if (letters >= FEWEST_LETTERS && jsonBytes(accepted) <= MOST_BYTES && !accepted.includes("\r")) {
        lines += to - from;
        pieces.push({ path, ...who, line: from, accepted });
      } else {
        leftOut += to - from;
      }
    }
  }
  return { pieces, lines, leftOut };
}

/** The same lines in as few ranges as can be: those of one author that overlap or touch are one. */
function joined(ranges: readonly StatedRange[]): readonly StatedRange[] {
  const byAuthor = groupBy(ranges, ({ path, tool, session, model }) =>
    JSON.stringify([path, tool, session, model]),
  );
  return [...byAuthor.values()].flatMap((group) => {
    const found: StatedRange[] = [];
    for (const range of [...group].sort((a, b) => a.startLine - b.startLine)) {
      const last = found.at(-1);
      if (last !== undefined && range.startLine <= last.endLine + 1) {
        found[found.length - 1] = { ...last, endLine: Math.max(last.endLine, range.endLine) };
      } else {
        found.push(range);
      }
    }
    return found;
  });
}

/** A range in portions without blank lines at either end. */
function* portions(
  file: readonly string[],
  first: number,
  end: number,
): Generator<{ readonly from: number; readonly to: number }> {
  let from = first;
  while (from < end) {
    if (isBlank(file[from])) {
      from += 1;
      continue;
    }
    let to = from + 1;
    let bytes = jsonBytes(file[from] ?? "");
    while (to < end && to - from < MOST_LINES && bytes + jsonBytes(file[to] ?? "") <= MOST_BYTES) {
      bytes += jsonBytes(file[to] ?? "");
      to += 1;
    }
    const next = to;
    while (to > from + 1 && isBlank(file[to - 1])) {
      to -= 1;
    }
    yield { from, to };
    from = next;
  }
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text), "utf8");
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === "";
}
