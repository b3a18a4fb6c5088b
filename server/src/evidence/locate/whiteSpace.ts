/** A line without its white space of any kind, to find what may have been laid out anew. It proves nothing. */
export function squash(line: string): string {
  return line.replace(/\s+/g, "");
}

/** Where the code units of one text after the other are put: to make room for each costs more than to fill it. */
let units = new Uint16Array(4096);

/** The same as UTF-16 code units, which are good until somebody asks for those of another text. */
export function squashedUnits(text: string): Uint16Array {
  if (units.length < text.length) {
    units = new Uint16Array(2 * text.length);
  }
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (!isWhiteSpace(unit)) {
      units[length] = unit;
      length += 1;
    }
  }
  return units.subarray(0, length);
}

/** Whether a UTF-16 code unit is what `\s` means: the first letters that people write are told from it by one comparison. */
export function isWhiteSpace(unit: number): boolean {
  if (unit <= 0x20) {
    return unit === 0x20 || (unit >= 9 && unit <= 13);
  }
  return unit >= 0xa0 && /\s/.test(String.fromCharCode(unit));
}

/** A text without the white space that all languages mean by it: blanks, tabs and line ends. Other separators are text. */
export function visible(text: string): string {
  return text.replace(/[ \t\n]+/g, "");
}

/** Whether a text holds some lines, whole and one after the other. */
export function holdsLines(text: string, lines: string): boolean {
  return `\n${text}\n`.includes(`\n${lines.endsWith("\n") ? lines : `${lines}\n`}`);
}
