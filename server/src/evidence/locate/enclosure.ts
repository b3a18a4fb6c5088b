import { grammarOf } from "./grammarNames";

/** Lines, zero-based, from the first to the last. */
export interface LineSpan {
  readonly first: number;
  readonly last: number;
}

/**
 * The lines of a text that begin inside of a comment or string which began on a line above; none where a file's language has no
 * grammar. `null`: not known yet.
 */
export type EnclosedLines = (path: string, text: string) => readonly LineSpan[] | null;

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
  readonly prefix: string;
  readonly accepted: string;
  readonly suffix: string;
}

/**
 * Whether a line begins inside of a comment or string that begins above it, though it did not when it was accepted: a compiler
 * no longer reads what a person accepted, whatever stands on the line itself. Where nobody can tell how it was accepted,
 * because its prompt is sealed, it counts as if it did not.
 */
export function isNewlyEnclosed(
  today: { readonly path: string; readonly text: string; readonly line: number },
  sealed: AcceptedAmong | null,
  enclosedLines: EnclosedLines,
): boolean {
  if (!isEnclosed(enclosedLines(today.path, today.text), today.line)) {
    return false;
  }
  if (sealed === null) {
    return true;
  }
  const { path, prefix, accepted, suffix } = sealed;
  const line = prefix.split("\n").length - 1;
  return !isEnclosed(enclosedLines(path, `${prefix}${accepted}${suffix}`), line);
}

function isEnclosed(spans: readonly LineSpan[] | null, line: number): boolean {
  return spans?.some(({ first, last }) => first <= line && line <= last) === true;
}
