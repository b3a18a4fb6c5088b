import { all, type Range, type TrimContext } from "./step";

/** On a blank line: no further blank lines first, and no indentation that stands there already. */
export function dropBlankStart(text: string, { cursor }: TrimContext): Range {
  if (!cursor.blankLine) {
    return all(text);
  }
  const blank = /^(?:[^\S\n]*\n)+/.exec(text)?.[0] ?? "";
  if (blank === "") {
    return all(text);
  }
  const rest = text.slice(blank.length);
  const indentation = /^[^\S\n]*/.exec(rest)?.[0] ?? "";
  const present = rest.startsWith(cursor.lineBefore) ? cursor.lineBefore.length : indentation.length;
  return { start: blank.length + present, end: text.length };
}
