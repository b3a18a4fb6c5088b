/** The lines that a suggestion is told of, the same in badges, hovers and lists. */

/** Zero-based, in UTF-16 code units; the end is exclusive. */
export interface PlaceInText {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/**
 * One that begins with a line break, at the end of a line that a person wrote, begins on the next line.
 *
 * @param lengthOf a line's length today
 */
export function firstLineOf({ start, end }: PlaceInText, lengthOf: (line: number) => number): number {
  return end.line > start.line && start.character > 0 && start.character >= lengthOf(start.line)
    ? start.line + 1
    : start.line;
}

/** One that ends before a line's first character does not reach that line. */
export function lastLineOf({ start, end }: PlaceInText): number {
  return end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
}
