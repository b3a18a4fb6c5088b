import type { Digest } from "../../platform/primitives";
import { surroundingsDigest } from "../format/commitment";
import type { Surroundings } from "../format/record";
import { grammarOf, hasGrammar } from "./grammarNames";
import { ALL_CODE } from "./textParts";

/** Names the grammars that are asked here. Whatever changes what they answer takes another name. */
export const GRAMMARS = "v1";

/** Whole lines, zero-based, from the first to the last. */
export interface LineSpan {
  readonly first: number;
  readonly last: number;
}

/**
 * What a grammar says of some lines of a text, as the digest of their text parts (see `textParts.ts`); `null` where it cannot tell.
 * `isSure`: nothing against the grammar stands before the end of these lines, so that the next person who mends something does not
 * change what they are.
 */
export interface LineReading {
  readonly digest: Digest;
  readonly isSure: boolean;
}

/** Asks a grammar about spans of a file's lines; `null`: nobody can tell, or nobody knows yet. */
export type LinesOf = (
  path: string,
  text: string,
  spans: readonly LineSpan[],
) => readonly (LineReading | null)[] | null;

/** Of lines that are nothing but code, as in a text without signs of anything else. */
export function allCode(spans: readonly LineSpan[]): readonly LineReading[] {
  return spans.map(() => ({ digest: ALL_CODE, isSure: true }));
}

/** By grammar, without what no text has comments or strings of several lines, or characters that a compiler decodes first. */
const SIGNS: Readonly<Record<string, RegExp>> = {
  go: /\/\*|`/,
  java: /\/\*|"""|\\u/,
  javascript: /\/\*|`|\\\n|</,
  python: /"""|'''|\\\n|coding[:=]|[ft]r?["']|rf["']|rt["']/i,
  rust: /\/\*|"/,
  tsx: /\/\*|`|\\\n|</,
  typescript: /\/\*|`|\\\n/,
};

/**
 * Control characters that text files do not hold: all of ASCII's but tab, line end, carriage return and form feed. Compilers and
 * grammars end a text at a NUL, or at a Ctrl-Z, or take the next line into this one, and no two of them at the same.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\0-\x08\x0b\x0e-\x1f\x7f]/;

/** Whether a text holds characters of which nobody can tell what a compiler does at them. */
export function holdsControls(text: string): boolean {
  return CONTROLS.test(text);
}

/** Whether any line of a text may be other than code; costs a fraction of what a grammar does. */
export function mayEnclose(path: string, text: string): boolean {
  const signs = SIGNS[grammarOf(path) ?? ""];
  return signs !== undefined && (signs.test(text) || holdsControls(text));
}

/**
 * Whether a compiler reads a piece's whole lines as it did when they were sealed: the same characters of them as code, and the same
 * as parts of comments, strings and JSX of several lines. What the lines themselves hold does not tell, for what begins above them
 * may not have ended.
 *
 * Where nobody could tell when they were sealed, or other grammars did, they have to be code today; where nobody can tell today, they are not as they were.
 *
 * @param path today's; without a grammar of its language nothing is told apart
 */
export function areReadAsSealed(
  path: string,
  sealed: Surroundings | null,
  salt: Uint8Array,
  today: LineReading | null,
): boolean {
  if (!hasGrammar(path)) {
    return true;
  }
  if (today === null) {
    return false;
  }
  return sealed?.grammars !== GRAMMARS
    ? today.digest === ALL_CODE
    : sealed.digest === surroundingsDigest(salt, today.digest);
}
