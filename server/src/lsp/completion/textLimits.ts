const MAX_BYTES = 1_000_000;
const MAX_LINE = 10_000;

/** In UTF-16 units; hardly anybody writes code in such lines. */
const LONG_LINE = 500;
/** Of a hundred units of minified code at least seven are signs, of prose and comments about four. */
const LEAST_SIGNS = 0.07;
const SIGNS_OF_CODE = /[()[\]{}=;:,.!&|<>"'`]/g;

/** The editor's names of languages whose paragraphs may be one line each. */
const PROSE: ReadonlySet<string> = new Set([
  "asciidoc",
  "latex",
  "markdown",
  "plaintext",
  "restructuredtext",
]);

/** Why a text is none that suggestions are for, as a sentence, or `null`. */
export function textOffReason(text: string, languageId: string): string | null {
  if (text.length > MAX_BYTES || (text.length > MAX_BYTES / 3 && Buffer.byteLength(text) > MAX_BYTES)) {
    return "The file is larger than 1 MB.";
  }
  const long: string[] = [];
  let length = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    if (end - start > MAX_LINE) {
      return "A line of the file is longer than 10,000 characters.";
    }
    if (end - start > LONG_LINE) {
      long.push(text.slice(start, end));
      length += end - start;
    }
    start = end + 1;
  }
  // Most of it stands in such lines: a table or an image in some line makes no file minified.
  return length * 2 > text.length && !PROSE.has(languageId) && isDense(long.join("\n"))
    ? "The file looks minified: most of it stands in very long lines of code."
    : null;
}

function isDense(text: string): boolean {
  return (text.match(SIGNS_OF_CODE)?.length ?? 0) >= LEAST_SIGNS * text.length;
}
