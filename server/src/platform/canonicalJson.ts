import { isAscii } from "node:buffer";
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
  // What the scheme says of strings and numbers is what JSON.stringify does (RFC 8785, section 3.2.2); it adds the order of keys.
  const ordered = inOrder(value);
  if (ordered !== NO_ORDER) {
    return JSON.stringify(ordered);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown) => canonicalJson(item ?? null)).join(",")}]`;
  }
  if (typeof value !== "object" || value === null) {
    throw notCanonical("It contains a value that JSON cannot express.");
  }
  const members = membersOf(value).sort(byKey);
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
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
 * The same spelling with a line for each member of the outermost object, and for each item of those members that are arrays: short, and
 * its lines tell what changed.
 */
export function linedCanonicalJson(value: object): string {
  const members = membersOf(value)
    .sort(byKey)
    .map(([key, item]) => {
      const text =
        Array.isArray(item) && item.length > 0
          ? `[\n${item.map((one: unknown) => canonicalJson(one ?? null)).join(",\n")}\n]`
          : canonicalJson(item);
      return `${JSON.stringify(key)}:${text}`;
    });
  return `{\n${members.join(",\n")}\n}\n`;
}

/** A text and what it is as JSON, of which nothing is known but that it is not nested too deeply. */
export interface ReadJson {
  readonly text: string;
  readonly value: unknown;
}

/** How long a text may be, in UTF-16 code units. */
export interface JsonLimits {
  readonly maxLength: number;
}

/**
 * Parses JSON, without a look at how it is spelled.
 *
 * @throws ProoflineError `evidence`
 */
export function readJson(text: string, limits: JsonLimits): ReadJson {
  if (text.length > limits.maxLength) {
    throw notCanonical("It is larger than such a file can be.");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notCanonical("It is not JSON.");
  }
  refuseDepth(value, MAX_DEPTH);
  return { text, value };
}

/**
 * What JSON that has only one spelling says: without its insignificant white space, the text must equal the RFC 8785
 * form of its own parse. That rules out duplicate keys, another order of keys, and other escapes and spellings of
 * numbers. What is left must fit the schema, whose objects should be strict. `isCompact`: it has no such white space.
 *
 * @throws ProoflineError `evidence`, with a sentence about the first thing found wrong.
 */
export function canonicalIn<Schema extends z.ZodType>(
  json: ReadJson,
  schema: Schema,
): { readonly value: z.output<Schema>; readonly isCompact: boolean } {
  return canonicalAs(json, schema.safeParse(json.value));
}

/** The same of what a schema has said already. */
export function canonicalAs<Value>(
  { text, value }: ReadJson,
  parsed: z.ZodSafeParseResult<Value>,
): { readonly value: Value; readonly isCompact: boolean } {
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
    throw notCanonical(
      `It does not have the expected form${place} (${issue?.message ?? "no reason given"}).`,
    );
  }
  return { value: parsed.data, isCompact: isCompactSpelling(text, value) };
}

/** Both in one: `readJson`, then `canonicalIn`. */
export function parseCanonical<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  limits: JsonLimits,
): z.output<Schema> {
  return canonicalIn(readJson(text, limits), schema).value;
}

/** What a file's bytes came to. `malformed`: a sentence says why it is none of its kind. */
export type CanonicalFile<Value> =
  | { readonly kind: "read"; readonly value: Value }
  | { readonly kind: "malformed"; readonly reason: string };

/**
 * Reads the bytes of a whole file of canonical JSON that somebody else may have written.
 *
 * @param kind what it should be, with its article: `an anchor file`
 */
export function readCanonicalFile<Schema extends z.ZodType>(
  bytes: Uint8Array,
  schema: Schema,
  { kind, maxBytes }: { readonly kind: string; readonly maxBytes: number },
): CanonicalFile<z.output<Schema>> {
  if (bytes.length > maxBytes) {
    return { kind: "malformed", reason: `It is larger than ${kind} can be.` };
  }
  try {
    return { kind: "read", value: parseCanonical(decodeUtf8(bytes), schema, { maxLength: maxBytes }) };
  } catch (error) {
    if (error instanceof ProoflineError) {
      return { kind: "malformed", reason: error.reason };
    }
    throw error;
  }
}

/** Whether a text is the one spelling of a value without white space; refuses it where it is not even one with it. */
function isCompactSpelling(text: string, value: unknown): boolean {
  // The three spellings that were ever written here cost no more than to write them once more.
  if (
    text.startsWith("\n  ", 1) &&
    inOrder(value) === value &&
    `${JSON.stringify(value, null, 2)}\n` === text
  ) {
    return false;
  }
  const canonical = canonicalJson(value);
  if (canonical === text) {
    return true;
  }
  // No string of JSON holds a line end as it is, so that all of them stand between tokens.
  if (text.replaceAll(/[\r\n]+/g, "") !== canonical && withoutWhiteSpace(text) !== canonical) {
    throw notCanonical("It is not in canonical form (RFC 8785).");
  }
  return false;
}

/** Decodes bytes that must be UTF-8; a byte order mark is not skipped. Throws like `parseCanonical`. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (isAscii(bytes)) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notCanonical("It is not UTF-8.");
  }
}

function withoutWhiteSpace(text: string): string {
  return [...tokens(text)].join("");
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

/** Stands for a value that no object of JavaScript holds in the order of RFC 8785: engines put keys that are numbers first. */
const NO_ORDER = Symbol("no order");

/**
 * A value that JSON.stringify spells as RFC 8785 does: the same one where the keys of its objects come in order of their UTF-16
 * code units, and nothing of it is left out; else a copy. Refuses strings and numbers that have no spelling at all.
 */
function inOrder(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      refuseHalves(value);
      return value;
    case "number":
      if (!Number.isFinite(value)) {
        throw notCanonical("It contains a number that is not finite.");
      }
      return value;
    case "boolean":
      return value;
    case "object":
      return value === null ? value : Array.isArray(value) ? arrayInOrder(value) : objectInOrder(value);
    default:
      return NO_ORDER;
  }
}

function arrayInOrder(items: readonly unknown[]): unknown {
  const ordered = items.map(inOrder);
  return ordered.includes(NO_ORDER)
    ? NO_ORDER
    : ordered.every((item, index) => item === items[index])
      ? items
      : ordered;
}

function objectInOrder(value: object): unknown {
  if ("toJSON" in value) {
    return NO_ORDER;
  }
  let isSame = true;
  let before: string | null = null;
  const members: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    refuseHalves(key);
    if (item === undefined) {
      continue;
    }
    const ordered = inOrder(item);
    if (ordered === NO_ORDER || key === "__proto__" || isDigit(key.charCodeAt(0))) {
      return NO_ORDER;
    }
    isSame &&= ordered === item && (before === null || before < key);
    before = key;
    members.push([key, ordered]);
  }
  return isSame ? value : Object.fromEntries(members.sort(byKey));
}

function membersOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined);
}

function byKey([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

function refuseHalves(text: string): void {
  if (!text.isWellFormed()) {
    throw notCanonical("It contains half of a surrogate pair, which UTF-8 cannot express.");
  }
}

function isDigit(codeUnit: number): boolean {
  return codeUnit >= 0x30 && codeUnit <= 0x39;
}

/** Refuses, before anything walks over it, what is nested too deeply to be walked over. */
function refuseDepth(value: unknown, left: number): void {
  if (typeof value !== "object" || value === null) {
    return;
  }
  if (left === 0) {
    throw notCanonical("It is nested too deeply.");
  }
  for (const item of Object.values(value)) {
    refuseDepth(item, left - 1);
  }
}

function notCanonical(reason: string): ProoflineError {
  return new ProoflineError("evidence", reason, "restoreFile");
}
