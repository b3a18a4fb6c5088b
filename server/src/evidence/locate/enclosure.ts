import { grammarOf } from "./grammarNames";

/** Lines, zero-based, from the first to the last, that begin inside of a comment or string which began on a line above. */
export interface EnclosedSpan {
  readonly first: number;
  readonly last: number;
  /** What it begins with, as `/*`. */
  readonly opener: string;
}

/** What a grammar says of a text's lines. */
export interface Enclosure {
  readonly spans: readonly EnclosedSpan[];
  /** Places that are against the grammar. */
  readonly errors: number;
}

/** What a grammar says of a text; nothing where a file's language has none. `null`: not known yet. */
export type EnclosureOf = (path: string, text: string) => Enclosure | null;

/** Nothing lies inside of anything. */
export const OPEN: Enclosure = { spans: [], errors: 0 };

/** By grammar, without what no text has lines inside of a comment or string. */
const OPENERS: Readonly<Record<string, RegExp>> = {
  go: /\/\*|`/,
  java: /\/\*|"""/,
  javascript: /\/\*|`|\\\n|<\/|\/>/,
  python: /"""|'''|\\\n/,
  rust: /\/\*|"/,
  tsx: /\/\*|`|\\\n|<\/|\/>/,
  typescript: /\/\*|`|\\\n/,
};

/** Whether some line of a text may begin inside of a comment or string; costs a fraction of what a grammar does. */
export function mayEnclose(path: string, text: string): boolean {
  return OPENERS[grammarOf(path) ?? ""]?.test(text) === true;
}

/** How a text was accepted: what stood around it in the file. */
export interface AcceptedAmong {
  /** The path that is recorded. */
  readonly path: string;
  /** Zero-based line at which it was sealed. */
  readonly line: number;
  readonly accepted: string;
  /** Of an open prompt; `null` where it is sealed. */
  readonly around: { readonly prefix: string; readonly suffix: string } | null;
}

/**
 * Whether a line begins inside of a comment or string that begins above it, though it did not when it was accepted: a compiler
 * no longer reads what a person accepted, whatever stands on the line itself.
 *
 * How it was accepted is read in what its prompt shows of the file. A prompt that begins in the middle of a file may begin
 * inside of such text, and of a sealed prompt only what was accepted is known; then that is taken for right, code or text,
 * which is less against the grammar, and for code in doubt.
 */
export function isNewlyEnclosed(
  today: { readonly path: string; readonly text: string; readonly line: number },
  { path, line, accepted, around }: AcceptedAmong,
  enclosureOf: EnclosureOf,
): boolean {
  const opener = openerAt(enclosureOf(today.path, today.text), today.line);
  if (opener === null) {
    return false;
  }
  const { prefix, suffix } = around ?? { prefix: "", suffix: "" };
  const own = prefix.split("\n").length - 1;
  const asCode = enclosureOf(path, `${prefix}${accepted}${suffix}`);
  const isWholeFile = around !== null && own === line;
  if (openerAt(asCode, own) !== null || isWholeFile || asCode?.errors === 0) {
    return openerAt(asCode, own) === null;
  }
  const end = around === null ? `\n${closerOf(opener)}\n` : suffix;
  const asText = enclosureOf(path, `${opener}\n${prefix}${accepted}${end}`);
  return (
    asCode === null || asText === null || openerAt(asText, own + 1) === null || asCode.errors <= asText.errors
  );
}

/** What the text begins with inside of which a line begins; `null` where it does not. */
function openerAt(enclosure: Enclosure | null, line: number): string | null {
  return enclosure?.spans.find(({ first, last }) => first <= line && line <= last)?.opener ?? null;
}

function closerOf(opener: string): string {
  return opener === "/*" ? "*/" : (/["'`]+$/.exec(opener)?.[0] ?? "</>");
}
