import type { Position, Range } from "vscode-languageserver-types";

/** One replaced range, in the coordinates of the text it was applied to. */
export interface Change {
  readonly range: Range;
  readonly text: string;
}

/**
 * Where a range lies after a change; `null` when the change swallowed it, and more. The server follows by the same rule
 * (`shift` of its `textEdits.ts`) and tells nothing that the client can see itself: what replaces exactly the range takes
 * its place, as the whole of a suggestion does after its first words.
 *
 * Text typed at either edge stays outside. Several changes of one event are applied one after the other; the editor
 * delivers them from the last to the first, so that each leaves the coordinates of the next alone.
 */
export function shiftRange(range: Range, change: Change): Range | null {
  const { start, end } = change.range;
  if (isBefore(range.end, start)) {
    return range;
  }
  if (isBefore(end, range.start)) {
    return { start: moved(range.start, change), end: moved(range.end, change) };
  }
  if (isBefore(start, range.start)) {
    const inserted = endOf(change);
    if (!isBefore(range.end, end)) {
      return { start: inserted, end: moved(range.end, change) };
    }
    return equal(start, range.start) && equal(end, range.end) ? { start, end: inserted } : null;
  }
  return { start: range.start, end: isBefore(range.end, end) ? start : moved(range.end, change) };
}

/** Where a position at the end of a change, or after it, is then. */
function moved({ line, character }: Position, change: Change): Position {
  const { end } = change.range;
  const inserted = endOf(change);
  return {
    line: line + inserted.line - end.line,
    character: line === end.line ? character + inserted.character - end.character : character,
  };
}

/** Where the inserted text ends. */
function endOf({ range, text }: Change): Position {
  const lines = text.split(/\r\n|\r|\n/);
  const last = lines.at(-1) ?? "";
  return lines.length === 1
    ? { line: range.start.line, character: range.start.character + last.length }
    : { line: range.start.line + lines.length - 1, character: last.length };
}

/** `one` is not after `other`. */
function isBefore(one: Position, other: Position): boolean {
  return one.line < other.line || (one.line === other.line && one.character <= other.character);
}

function equal(one: Position, other: Position): boolean {
  return one.line === other.line && one.character === other.character;
}
