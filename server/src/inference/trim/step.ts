import type { CursorContext } from "../prompt/cursorContext";
import type { StopReason } from "../suggestion";

/** What the trim chain rests on besides the raw text; all of it follows from what is committed. */
export interface TrimContext {
  readonly cursor: CursorContext;
  /** The end of the prefix with which `raw` begins, by token healing. */
  readonly healed: string;
  readonly stop: StopReason;
  /** UTF-16 length of what the last token wrote: where the decoder stopped in doubt, that is what it doubts. */
  readonly lastLength: number;
}

/** A part of a text, as UTF-16 offsets. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * One step: which part of the text stays. A step only ever takes from the two ends, so what is displayed is always
 * one piece of what the model wrote.
 */
export type TrimStep = (text: string, context: TrimContext) => Range;

export const NOTHING: Range = { start: 0, end: 0 };

export function all(text: string): Range {
  return { start: 0, end: text.length };
}

/** What stands before an offset; everything where the offset is -1. */
export function before(text: string, offset: number): Range {
  return { start: 0, end: offset < 0 ? text.length : offset };
}

export function offsetOfLine(lines: readonly string[], line: number): number {
  return lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
}

/** True where the decoder, and not the model, ended the answer, wherever it stood. */
export function isCutShort(stop: StopReason): boolean {
  switch (stop) {
    case "length":
    case "repetition":
    case "doubt":
      return true;
    case "endOfText":
    case "line":
    case "block":
      return false;
  }
}
