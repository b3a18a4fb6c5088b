/**
 * Untrusted text, shown letter by letter. Whatever a repository, a model, a hub or a chain wrote passes through one of
 * these functions before a person sees it, so that it can neither hide, reorder or erase what stands around it nor
 * look like a line of ours. What a reader would not see appears as its code point, as in `\u{202e}`.
 *
 * Text that is visible already stays as it is: showing it twice does no harm.
 */

/** The longest name, in UTF-16 code units as shown. */
const NAME_LIMIT = 80;
/** The longest value, in UTF-16 code units as shown. */
const VALUE_LIMIT = 500;
/** The longest line: a sentence of ours with several values in it. */
const LINE_LIMIT = 4_000;
/** The longest text of several lines. */
const TEXT_LIMIT = 200_000;

/**
 * What a reader does not see, or not as what it is: control and format characters, lone surrogates, private and
 * unassigned code points (`\p{C}`), every blank but the space (`\p{Z}`), what fonts are told to draw as nothing, and
 * two that are drawn as nothing without being told.
 */
const HIDDEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u{2800}\u{1D159}]/u;
/** Drawn onto the letter before, so that without one, or many of them, they cover what is not theirs. */
const MARK = /[\p{Mn}\p{Me}]/u;
/** No living script needs more on one letter. */
const MOST_MARKS = 4;

interface Rules {
  /** The most UTF-16 code units that are returned, the sign of a cut included. */
  readonly limit: number;
  /** Hidden characters that stay as they are. */
  readonly keep: string;
  /** Whether runs of spaces stay; where not, all but the first of a run are shown, and those at either end. */
  readonly spaces: boolean;
}

/** A value within a line: a name, a path, an id, a reason. */
export function visibleText(text: string, limit = VALUE_LIMIT): string {
  return show(text, { limit, keep: " ", spaces: false });
}

/**
 * A name within a sentence of ours. One that could be taken for more than a name, as `coder. Signed by its maker` could,
 * stands in quotation marks, of which it holds none itself.
 */
export function visibleName(name: string, limit = NAME_LIMIT): string {
  const shown = visibleText(name, limit);
  return /^[\p{L}\p{N}._:/@+-]+$/u.test(shown) ? shown : `“${shown.replace(/[“”"]/g, escapeOf)}”`;
}

/** A whole line of output, with the spaces that align it. */
export function visibleLine(text: string, limit = LINE_LIMIT): string {
  return show(text, { limit, keep: " ", spaces: true });
}

/** Text of several lines, with its line feeds, tabs and spaces. */
export function visibleLines(text: string, limit = TEXT_LIMIT): string {
  return show(text, { limit, keep: " \n\t", spaces: true });
}

/** JSON that is shown as it is: the same value, with every hidden character spelled `\uXXXX`. */
export function visibleJson(json: string): string {
  // Most of it is plain letters and the quotation marks of our own sentences: told from the rest at a fraction of what HIDDEN costs.
  return json.replace(/[^\x20-\x7e\n“”…]/gu, (character) =>
    HIDDEN.test(character) ? jsonEscapes(character) : character,
  );
}

function jsonEscapes(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
  ).join("");
}

function show(text: string, { limit, keep, spaces }: Rules): string {
  const pieces: string[] = [];
  let length = 0;
  let position = 0;
  /** How many marks the last letter bears; `null` where there is none to bear one. */
  let marks: number | null = null;
  let afterSpace = true;
  for (const character of text) {
    if (length > limit) {
      break;
    }
    const isSpace = character === " ";
    const isLast = position + character.length === text.length;
    let hidden = HIDDEN.test(character) && !keep.includes(character);
    if (isSpace && !spaces) {
      hidden = afterSpace || isLast;
    }
    if (MARK.test(character)) {
      hidden ||= marks === null || marks >= MOST_MARKS;
      marks = hidden ? marks : (marks ?? 0) + 1;
    } else {
      marks = hidden || HIDDEN.test(character) ? null : 0;
    }
    afterSpace = isSpace;
    const piece = hidden ? escapeOf(character) : character;
    pieces.push(piece);
    length += piece.length;
    position += character.length;
  }
  return length <= limit ? pieces.join("") : cut(pieces, text.length - position, limit);
}

function escapeOf(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** As many of the pieces as fit, and how many characters were left out. */
function cut(pieces: string[], unread: number, limit: number): string {
  const total = pieces.length + unread;
  // The number is at its longest where everything is left out.
  const room = limit - cutSign(total).length;
  let kept = 0;
  let length = 0;
  for (const piece of pieces) {
    if (length + piece.length > room) {
      break;
    }
    length += piece.length;
    kept += 1;
  }
  return pieces.slice(0, kept).join("") + cutSign(total - kept);
}

function cutSign(leftOut: number): string {
  return `… (${leftOut} more)`;
}
