/** A line without its white space of any kind, to find what may have been laid out anew. It proves nothing. */
export function squash(line: string): string {
  return line.replace(/\s+/g, "");
}

/** A text without the white space that all languages mean by it: blanks, tabs and line ends. Other separators are text. */
export function visible(text: string): string {
  return text.replace(/[ \t\n]+/g, "");
}

/** Whether a text holds some lines, whole and one after the other. */
export function holdsLines(text: string, lines: string): boolean {
  return `\n${text}\n`.includes(`\n${lines.endsWith("\n") ? lines : `${lines}\n`}`);
}
