import type { Opener } from "../format/record";
import { grammarOf, hasGrammar } from "./grammarNames";

/** Lines, zero-based, from the first to the last, that begin inside of a comment or string which began on a line above. */
export interface EnclosedSpan {
  readonly first: number;
  readonly last: number;
  readonly opener: Opener;
}

/** All lines of a text that begin inside of something. */
export type Enclosure = readonly EnclosedSpan[];

/**
 * What a grammar says of a text's lines; nothing where a file's language has none. `null`: nobody can tell, or nobody knows yet; then
 * a line counts as one that lies inside of something.
 */
export type EnclosureOf = (path: string, text: string) => Enclosure | null;

/** By grammar, without what no text has lines inside of a comment or string, or characters that a compiler decodes first. */
const SIGNS: Readonly<Record<string, RegExp>> = {
  go: /\/\*|`/,
  java: /\/\*|"""|\\u/,
  javascript: /\/\*|`|\\\n|</,
  python: /"""|'''|\\\n|coding[:=]/,
  rust: /\/\*|"/,
  tsx: /\/\*|`|\\\n|</,
  typescript: /\/\*|`|\\\n/,
};

/** Whether some line of a text may begin inside of a comment or string; costs a fraction of what a grammar does. */
export function mayEnclose(path: string, text: string): boolean {
  return SIGNS[grammarOf(path) ?? ""]?.test(text) === true;
}

/** What the text begins with inside of which a line begins; `null` where it does not. */
export function openerAt(enclosure: Enclosure, line: number): Opener | null {
  return enclosure.find(({ first, last }) => first <= line && line <= last)?.opener ?? null;
}

/**
 * How a piece's first line stands to the comments and strings of its file, against how it stood when it was sealed. `enclosed`: a
 * compiler now reads it, or may read it, as part of a comment or string that it was no part of. `freed`: it was part of one, and
 * is read as code now. What stands on the line itself tells neither.
 */
export type Surroundings = "same" | "enclosed" | "freed";

/**
 * @param path today's; without a grammar of its language nothing is told apart
 * @param within the record's: what it stood inside of
 */
export function surroundingsOf(
  path: string,
  within: Opener | null,
  today: { readonly enclosure: Enclosure | null; readonly line: number },
): Surroundings {
  if (!hasGrammar(path)) {
    return "same";
  }
  if (today.enclosure === null) {
    return "enclosed";
  }
  const opener = openerAt(today.enclosure, today.line);
  if (opener === within) {
    return "same";
  }
  return opener === null ? "freed" : "enclosed";
}
