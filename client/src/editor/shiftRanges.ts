import type { Position, Range } from "vscode-languageserver-types";

/** One replaced range, in the coordinates of the text it was applied to. */
export interface Change {
  readonly range: Range;
  readonly text: string;
}

/**
 * Where a range lies after a change; `null` when the change swallowed it.
 *
 * Text typed at either edge stays outside. Several changes of one event are applied one after the other; the editor
 * delivers them from the last to the first, so that each leaves the coordinates of the next alone.
 */
export function shiftRange(range: Range, change: Change): Range | null {
  const swallowed =
    isBefore(change.range.start, range.start) &&
    isBefore(range.end, change.range.end) &&
    !isEmpty(change.range);
  if (swallowed && !isEmpty(range)) {
    return null;
  }
  const inserted = endOf(change);
  const start = shiftPosition(range.start, change, inserted, inserted);
  const end = shiftPosition(range.end, change, inserted, change.range.start);
  return isBefore(start, end) ? { start, end } : { start, end: start };
}

/** A position inside the replaced text goes to `inside`; one at an edge goes with the text that it touched. */
function shiftPosition(position: Position, change: Change, inserted: Position, inside: Position): Position {
  const { start, end } = change.range;
  if (isEmpty(change.range) && equal(position, start)) {
    return inside;
  }
  if (isBefore(position, start)) {
    return position;
  }
  if (!isBefore(end, position)) {
    return inside;
  }
  return {
    line: position.line + inserted.line - end.line,
    character:
      position.line === end.line
        ? position.character + inserted.character - end.character
        : position.character,
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

function isEmpty({ start, end }: Range): boolean {
  return equal(start, end);
}
