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

/**
 * What a grammar says of a text; nothing where a file's language has none. `null`: nobody can tell, or nobody knows yet; then a
 * line counts as one that lies inside of something.
 */
export type EnclosureOf = (path: string, text: string) => Enclosure | null;

/** Nothing lies inside of anything. */
export const OPEN: Enclosure = { spans: [], errors: 0 };

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

/** What a comment or string of several lines begins with, by grammar. */
const OPENERS: Readonly<Record<string, readonly string[]>> = {
  go: ["/*", "`"],
  java: ["/*", '"""'],
  javascript: ["/*", "`"],
  python: ['"""', "'''"],
  rust: ["/*", '"'],
  tsx: ["/*", "`"],
  typescript: ["/*", "`"],
};

/** Whether some line of a text may begin inside of a comment or string; costs a fraction of what a grammar does. */
export function mayEnclose(path: string, text: string): boolean {
  return SIGNS[grammarOf(path) ?? ""]?.test(text) === true;
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
 * Whether a line begins inside of a comment or string that begins above it, and nothing shows that it did when it was accepted: a
 * compiler no longer reads what a person accepted, whatever stands on the line itself.
 *
 * How it was accepted is read in what its open prompt shows of the file. Where that begins in the middle of the file, it may
 * begin inside of a comment or string; of all readings the one with the fewest places against the grammar counts, and of equal
 * ones that which makes code of the line. Only what began as today's does shows anything.
 */
export function isNewlyEnclosed(
  today: { readonly enclosure: Enclosure | null; readonly line: number },
  { path, line, accepted, around }: AcceptedAmong,
  enclosureOf: EnclosureOf,
): boolean {
  if (today.enclosure === null) {
    return true;
  }
  const opener = openerAt(today.enclosure, today.line);
  if (opener === null) {
    return false;
  }
  if (around === null) {
    return true;
  }
  const { prefix, suffix } = around;
  const own = prefix.split("\n").length - 1;
  const text = `${prefix}${accepted}${suffix}`;
  const readings = [readingOf(enclosureOf(path, text), own)];
  if (own !== line) {
    for (const begun of OPENERS[grammarOf(path) ?? ""] ?? []) {
      const enclosure = enclosureOf(path, `${begun}\n${text}`);
      if (enclosure === null || endsBefore(enclosure, own + 1)) {
        readings.push(readingOf(enclosure, own + 1));
      }
    }
  }
  return bestOf(readings)?.opener !== opener;
}

interface Reading {
  readonly opener: string | null;
  readonly errors: number;
}

function readingOf(enclosure: Enclosure | null, line: number): Reading | null {
  return enclosure === null ? null : { opener: openerAt(enclosure, line), errors: enclosure.errors };
}

/** `null` where one of them is not known. */
function bestOf(readings: readonly (Reading | null)[]): Reading | null {
  return readings.reduce((best, one) => {
    if (best === null || one === null) {
      return null;
    }
    const isBetter = one.errors < best.errors || (one.errors === best.errors && one.opener === null);
    return isBetter ? one : best;
  });
}

/** Whether what a text begins with ends before a line. */
function endsBefore({ spans }: Enclosure, line: number): boolean {
  const begun = spans.find(({ first }) => first === 1);
  return begun !== undefined && begun.last < line;
}

/** What the text begins with inside of which a line begins; `null` where it does not. */
function openerAt({ spans }: Enclosure, line: number): string | null {
  return spans.find(({ first, last }) => first <= line && line <= last)?.opener ?? null;
}
