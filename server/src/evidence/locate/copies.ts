import { MOST_COPIES, MOST_LINES_BEFORE } from "../format/record";
import { LayoutFree } from "./layoutFree";
import type { LineIndex } from "./lineIndex";

/** Copies of which is asked what stands before them. */
const MOST_ASKED = 256;

/** What stood before a piece. */
export interface BeforePiece {
  /** How many lines were wanted; there may have been fewer. */
  readonly wanted: number;
  /** Without blanks and tabs, in their order. */
  readonly lines: readonly string[];
}

/** How a piece stands among its copies. */
export interface AmongCopies {
  /** At how many places its lines stand, its own among them, layout aside; at most 64. */
  readonly copies: number;
  /** As few lines before it as tell it from all of them; `null` where 128 do not, or where there are too many to ask. */
  readonly before: BeforePiece | null;
}

/** The nearest line before one that tells where something stands. */
interface LineBefore {
  readonly at: number;
  /** Without its blanks and tabs; `null` where there is none. */
  readonly line: string | null;
}

/** `null` where the text may not be looked at any more. */
function lineBefore(text: LineIndex, line: number): LineBefore | null {
  for (let at = line - 1; at >= 0; at -= 1) {
    if (!text.spend((text.lines[at] ?? "").length + 1)) {
      return null;
    }
    const line = text.tellingLine(at);
    if (line !== null) {
      return { at, line };
    }
  }
  return { at: 0, line: null };
}

/**
 * The nearest lines before one that have three letters or digits, so many of them or all there are, in their order, each without its
 * blanks and tabs; `null` where the text may not be looked at any more. They tell copies of the same lines from each other.
 */
export function linesBefore(text: LineIndex, line: number, wanted: number): readonly string[] | null {
  const lines: string[] = [];
  for (let at = line; lines.length < wanted; ) {
    const before = lineBefore(text, at);
    if (before === null) {
      return null;
    }
    if (before.line === null) {
      break;
    }
    lines.push(before.line);
    at = before.at;
  }
  return lines.reverse();
}

/** How lines from a first to a last one stand among their copies in the same text. Takes time linear in the text. */
export function amongCopies(text: LineIndex, first: number, last: number): AmongCopies {
  const block = new LayoutFree(text.lines.slice(first, last + 1).join("\n"));
  const others = text.layoutFree
    .wholeLinesOf(block, MOST_ASKED)
    .map(({ start }) => text.positionOf(start).line)
    // Its own place begins with its first line that is no layout.
    .filter((line) => line < first || line > last);
  const copies = Math.min(others.length + 1, MOST_COPIES);
  // Where copies could not all be looked at, nothing tells it from the rest.
  return { copies, before: others.length + 1 >= MOST_ASKED ? null : tellingApart(text, first, others) };
}

/** As few lines before a line as stand before none of the others. */
function tellingApart(text: LineIndex, first: number, others: readonly number[]): BeforePiece | null {
  const lines: string[] = [];
  let own = first;
  let alike = others;
  for (let wanted = 1; wanted <= MOST_LINES_BEFORE; wanted += 1) {
    const before = lineBefore(text, own);
    if (before === null) {
      return null;
    }
    if (before.line !== null) {
      lines.push(before.line);
    }
    own = before.at;
    alike = alike.flatMap((at) => {
      const other = lineBefore(text, at);
      // What may not be looked at any more may be the same.
      return other === null || other.line === before.line ? [other?.at ?? at] : [];
    });
    if (alike.length === 0) {
      return { wanted, lines: lines.reverse() };
    }
  }
  return null;
}
