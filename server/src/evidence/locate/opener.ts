/** What comments and strings begin with: letters and `#` before quotes among it. */
const OPENER = /^(?:\/[/*]|#(?!["#])|([A-Za-z]{0,3})(#*)("""|'''|["'`]))/;

/** What a comment, string or template begins with, its letters in lower case; `<>` for text between JSX elements. */
export function openerOf(text: string): string {
  const [whole, letters, hashes, quotes] = OPENER.exec(text) ?? ["<>"];
  return quotes === undefined ? whole : `${letters?.toLowerCase() ?? ""}${hashes ?? ""}${quotes}`;
}
