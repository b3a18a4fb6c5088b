import type { Range, TrimContext } from "./step";

/** White space at the end goes, but for the spaces that part the answer from a word right after the cursor. */
export function dropBlankEnd(text: string, { cursor }: TrimContext): Range {
  const kept = text.trimEnd();
  const spaces = /^[\p{L}\p{N}_$"'`]/u.test(cursor.lineAfter) && /^ +$/.test(text.slice(kept.length));
  return { start: 0, end: spaces && kept !== "" ? text.length : kept.length };
}
