/**
 * The one rule of what counts as the same text when white space may have changed: inside a line none of it counts,
 * blank lines do not count, and a line break between two visible characters does.
 */

/** A line without its white space. */
export function squash(line: string): string {
  return line.replace(/\s+/g, "");
}

/** A text without the white space that all languages mean by it: blanks, tabs and line ends. Other separators are text. */
export function visible(text: string): string {
  return text.replace(/[ \t\r\n]+/g, "");
}

/** The lines of a text that are not blank, each without its white space, joined by LF. */
export function squashLines(text: string): string {
  return text
    .split("\n")
    .map(squash)
    .filter((line) => line !== "")
    .join("\n");
}

/** Whether `squashed` stands in another squashed text as whole lines, one after the other. */
export function standsAsLines(squashed: string, text: string): boolean {
  return `\n${text}\n`.includes(`\n${squashed}\n`) || squashed === "";
}

/** Whether a text holds some lines, whole and one after the other. */
export function holdsLines(text: string, lines: string): boolean {
  // Most often nothing has changed, and then there is no need to look past white space.
  if (`\n${text}\n`.includes(`\n${lines.endsWith("\n") ? lines : `${lines}\n`}`)) {
    return true;
  }
  return standsAsLines(squashLines(lines), squashLines(text));
}

/** Whether `wanted` ends directly before an offset of a text. Takes time linear in `wanted`. */
export function standsBefore(wanted: string, text: string, offset: number): boolean {
  return text.startsWith(wanted, offset - wanted.length) || walk(wanted, wanted.length, text, offset, -1);
}

/** Whether `wanted` begins directly after an offset of a text. Takes time linear in `wanted`. */
export function standsAfter(wanted: string, text: string, offset: number): boolean {
  return text.startsWith(wanted, offset) || walk(wanted, 0, text, offset, 1);
}

/** A visible character, where the walk goes on behind it, and whether a line break was passed on the way to it. */
interface Visible {
  readonly character: string;
  readonly next: number;
  readonly broke: boolean;
}

/** Walks over two texts from two offsets, until all of `wanted` is found or something differs. */
function walk(wanted: string, from: number, text: string, offset: number, step: 1 | -1): boolean {
  let [inWanted, inText] = [from, offset];
  for (let first = true; ; first = false) {
    const one = nextVisible(wanted, inWanted, step);
    if (one === null) {
      return true;
    }
    const other = nextVisible(text, inText, step);
    // Blank space at the offset itself belongs to neither side, or to both.
    if (other?.character !== one.character || (!first && other.broke !== one.broke)) {
      return false;
    }
    [inWanted, inText] = [one.next, other.next];
  }
}

function nextVisible(text: string, from: number, step: 1 | -1): Visible | null {
  let broke = false;
  for (let at = step === 1 ? from : from - 1; at >= 0 && at < text.length; at += step) {
    const character = text.charAt(at);
    if (!/\s/.test(character)) {
      return { character, next: step === 1 ? at + 1 : at, broke };
    }
    if (character === "\n") {
      broke = true;
    }
  }
  return null;
}
