import { extname } from "node:path";
import { transformSync } from "esbuild";
import type { Cursor } from "./cursors";

/** The parser's dialects by file extension. */
const LOADERS: Readonly<Record<string, "ts" | "tsx" | "jsx">> = {
  ".tsx": "tsx",
  ".js": "jsx",
  ".jsx": "jsx",
  ".mjs": "jsx",
  ".cjs": "jsx",
};

/** How an answer compares with what the author wrote. */
export interface Score {
  /** The same text, but for white space at the end. */
  readonly exact: boolean;
  /** The same text, or a beginning of it that ends between two words. */
  readonly right: boolean;
  /** The first word, or run of signs, is the author's. */
  readonly firstWord: boolean;
  /** 1 minus the edit distance over the longer length. */
  readonly similarity: number;
  /** With the answer in its place the file, as far as it goes, has no syntax error. */
  readonly parses: boolean;
}

export function score(answer: string, cursor: Cursor): Score {
  const given = answer.trimEnd();
  const wanted = [cursor.expected, ...(cursor.alternative === null ? [] : [cursor.alternative])].map((text) =>
    text.trimEnd(),
  );
  return {
    exact: wanted.includes(given),
    right: wanted.some((text) => text === given || (given !== "" && isBeginning(given, text))),
    firstWord: given !== "" && wanted.some((text) => firstWord(text) === firstWord(given)),
    similarity: Math.max(...wanted.map((text) => similarity(given, text))),
    parses: parses(cursor, answer),
  };
}

function firstWord(text: string): string {
  return /^\s*([\p{L}\p{N}_$]+|[^\s\p{L}\p{N}_$]+)/u.exec(text)?.[1] ?? "";
}

/** True where `text` begins with `given` and does not cut a word in two. */
function isBeginning(given: string, text: string): boolean {
  return text.startsWith(given) && !/[\p{L}\p{N}_$]{2}/u.test(given.slice(-1) + text.charAt(given.length));
}

export function similarity(left: string, right: string): number {
  const longer = Math.max(left.length, right.length);
  return longer === 0 ? 1 : 1 - editDistance(left, right) / longer;
}

/** Levenshtein's distance in UTF-16 code units. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let at = 0; at < left.length; at++) {
    const next = [at + 1];
    for (let other = 0; other < right.length; other++) {
      const change = (row[other] ?? 0) + (left[at] === right[other] ? 0 : 1);
      next.push(Math.min(change, (row[other + 1] ?? 0) + 1, (next[other] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/**
 * Whether the file can be parsed with `answer` at the cursor. At the end of a file whatever is open may stay open:
 * there, only an error before the end counts.
 */
function parses(cursor: Cursor, answer: string): boolean {
  const text = cursor.prefix + answer + cursor.suffix;
  try {
    transformSync(text, {
      loader: LOADERS[extname(cursor.document.path)] ?? "ts",
      jsx: "preserve",
      logLevel: "silent",
    });
    return true;
  } catch (error) {
    return cursor.form === "end" && isAtEnd(error, text);
  }
}

/** True for a parser's error at the last line of a text. */
function isAtEnd(error: unknown, text: string): boolean {
  const errors: unknown = error instanceof Error && "errors" in error ? error.errors : [];
  const lines = text.trimEnd().split("\n").length;
  return (
    Array.isArray(errors) &&
    errors.every(
      (each) => (each?.location?.line ?? 0) >= lines && /end of file|Unterminated/.test(each?.text),
    )
  );
}
