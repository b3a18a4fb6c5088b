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
const LONGEST = 3_500;
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
  const pieces: StatedPiece[] = [];
  const taken = new Set<string>();
  let lines = 0;
  let leftOut = 0;
  for (const { path, startLine, endLine, ...who } of ranges) {
    const file = linesOf.get(path);
    if (file === undefined) {
      throw refusedRecord(`The record names ${visibleText(path)}, and ${state} holds no such text file.`);
    }
    if (endLine > file.length) {
      throw refusedRecord(
        `The record names lines ${startLine} to ${endLine} of ${visibleText(path)}, which has ${file.length} in ${state}.`,
      );
    }
    for (const part of portions(file, startLine - 1, endLine)) {
      const accepted = file.slice(part.from, part.to).join("\n");
      const letters = accepted.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
      const key = JSON.stringify([path, part, who]);
      if (taken.has(key)) {
        continue;
      }
      taken.add(key);
      const isStated = letters >= FEWEST_LETTERS && accepted.length <= LONGEST && !accepted.includes("\r");
      if (isStated) {
        lines += part.to - part.from;
        pieces.push({ path, ...who, line: part.from, accepted });
      } else {
        leftOut += part.to - part.from;
      }
    }
  }
  return { pieces, lines, leftOut };
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
    let length = file[from]?.length ?? 0;
    while (to < end && to - from < MOST_LINES && length + 1 + (file[to]?.length ?? 0) <= LONGEST) {
      length += 1 + (file[to]?.length ?? 0);
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

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === "";
}
