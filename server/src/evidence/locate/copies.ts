import { MOST_COPIES, MOST_LINES_BEFORE } from "../format/record";
import { LayoutFree } from "./layoutFree";
import { letterCount } from "./letterCount";
import type { LineIndex } from "./lineIndex";
import { visible } from "./whiteSpace";

/** Letters and digits that make a line tell where something stands: a bracket alone does not. */
const TELLING = 3;

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
  /** As few lines before it as tell it from all of them; `null` where sixteen do not. */
  readonly before: BeforePiece | null;
}

/**
 * The nearest lines before one that have three letters or digits, so many of them or all there are, in their order, each without its
 * blanks and tabs; `null` where the text may not be looked at any more. They tell copies of the same lines from each other.
 */
export function linesBefore(text: LineIndex, line: number, wanted: number): readonly string[] | null {
  const lines: string[] = [];
  for (let at = line - 1; at >= 0 && lines.length < wanted; at -= 1) {
    const before = text.lines[at] ?? "";
    if (!text.spend(before.length + 1)) {
      return null;
    }
    if (letterCount(before) >= TELLING) {
      lines.unshift(visible(before));
    }
  }
  return lines;
}

/** How lines from a first to a last one stand among their copies in the same text. Takes time linear in the text. */
export function amongCopies(text: LineIndex, first: number, last: number): AmongCopies {
  const block = text.lines.slice(first, last + 1).join("\n");
  const layoutFree = text.layoutFree;
  const others = layoutFree
    .placesOf(new LayoutFree(block))
    .filter((span) => layoutFree.beginsLine(span) && layoutFree.endsLine(span))
    .map(({ start }) => text.positionOf(start).line)
    // Its own place begins with its first line that is no layout.
    .filter((line) => line < first || line > last);
  const copies = Math.min(others.length + 1, MOST_COPIES);
  for (let wanted = 1; wanted <= MOST_LINES_BEFORE; wanted += 1) {
    const lines = linesBefore(text, first, wanted);
    if (lines === null) {
      break;
    }
    const own = lines.join("\n");
    if (others.every((line) => linesBefore(text, line, wanted)?.join("\n") !== own)) {
      // Where copies could not all be looked at, nothing tells it from the rest.
      return { copies, before: others.length + 1 >= MOST_COPIES ? null : { wanted, lines } };
    }
  }
  return { copies, before: null };
}
