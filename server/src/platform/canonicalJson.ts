import serialize from "canonicalize";
import type * as z from "zod";
import { ProoflineError } from "./errors";

const PUNCTUATION: ReadonlySet<string> = new Set(["{", "}", "[", "]", ":", ","]);
const WHITE_SPACE: ReadonlySet<string> = new Set([" ", "\t", "\r", "\n"]);

/** Deeper than any of our schemas nests; kept low so that recursion over parsed values is safe. */
const MAX_DEPTH = 32;

/**
 * The JSON Canonicalization Scheme (RFC 8785): the one spelling of a value that hashes and signatures are taken
 * over. Refuses what has no such spelling: lone surrogates, numbers that are not finite, values that are not JSON.
 */
export function canonicalJson(value: unknown): string {
  refuseUnspellable(value);
  const text = serialize(value);
  if (text === undefined) {
    throw notCanonical("It contains a value that JSON cannot express.");
  }
  return text;
}

/** The same spelling with line breaks and an indentation of two spaces, for files that people look at. */
export function prettyCanonicalJson(value: unknown): string {
  const pieces: string[] = [];
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  let before = "";
  for (const token of tokens(canonicalJson(value))) {
    if (token === "}" || token === "]") {
      depth -= 1;
      if (before !== "{" && before !== "[") {
        pieces.push(line());
      }
    } else if (before === "{" || before === "[") {
      pieces.push(line());
    }
    pieces.push(token);
    if (token === "{" || token === "[") {
      depth += 1;
    }
    if (token === ":") {
      pieces.push(" ");
    }
    if (token === ",") {
      pieces.push(line());
    }
    before = token;
  }
  return `${pieces.join("")}\n`;
}

/**
 * Parses JSON that has only one spelling: without its insignificant white space, the text must equal the RFC 8785
 * form of its own parse. That rules out duplicate keys, another order of keys, and other escapes and spellings of
 * numbers. What is left must fit the schema, whose objects should be strict.
 *
 * @throws ProoflineError `evidence`, with a sentence about the first thing found wrong.
 */
export function parseCanonical<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  limits: { readonly maxLength: number },
): z.output<Schema> {
  if (text.length > limits.maxLength) {
    throw notCanonical("It is larger than such a file can be.");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notCanonical("It is not JSON.");
  }
  const compact = withoutWhiteSpace(text);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
    throw notCanonical(
      `It does not have the expected form${place} (${issue?.message ?? "no reason given"}).`,
    );
  }
  if (canonicalJson(value) !== compact) {
    throw notCanonical("It is not in canonical form (RFC 8785).");
  }
  return parsed.data;
}

/** Whether JSON has white space between its tokens. Of what `parseCanonical` accepts, the rest is its RFC 8785 form. */
export function hasWhiteSpace(json: string): boolean {
  return withoutWhiteSpace(json) !== json;
}

/** Decodes bytes that must be UTF-8; a byte order mark is not skipped. Throws like `parseCanonical`. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notCanonical("It is not UTF-8.");
  }
}

function withoutWhiteSpace(text: string): string {
  const pieces: string[] = [];
  let depth = 0;
  for (const token of tokens(text)) {
    if (token === "{" || token === "[") {
      depth += 1;
    }
    if (token === "}" || token === "]") {
      depth -= 1;
    }
    if (depth > MAX_DEPTH) {
      throw notCanonical("It is nested too deeply.");
    }
    pieces.push(token);
  }
  return pieces.join("");
}

/**
 * The tokens of a text that is known to be JSON, without white space. A regular expression would do, but runs out of
 * stack on strings of some megabytes.
 */
function* tokens(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const start = at;
    const character = text[at] ?? "";
    if (character === '"') {
      at = endOfString(text, at);
    } else if (PUNCTUATION.has(character) || WHITE_SPACE.has(character)) {
      at += 1;
    } else {
      while (at < text.length && !PUNCTUATION.has(text[at] ?? "") && !WHITE_SPACE.has(text[at] ?? "")) {
        at += 1;
      }
    }
    if (!WHITE_SPACE.has(character)) {
      yield text.slice(start, at);
    }
  }
}

/** The offset after the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text[quote - 1 - escapes] === "\\") {
      escapes += 1;
    }
    if (escapes % 2 === 0) {
      return quote + 1;
    }
  }
  return text.length;
}

function refuseUnspellable(value: unknown): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) {
      throw notCanonical("It contains half of a surrogate pair, which UTF-8 cannot express.");
    }
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) {
      throw notCanonical("It contains a number that is not finite.");
    }
  } else if (Array.isArray(value)) {
    for (const item of value) {
      refuseUnspellable(item);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      refuseUnspellable(key);
      refuseUnspellable(item);
    }
  }
}

function notCanonical(reason: string): ProoflineError {
  return new ProoflineError("evidence", reason, "restoreFile");
}
