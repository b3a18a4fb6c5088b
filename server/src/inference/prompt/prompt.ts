import { ProoflineError } from "../../platform/errors";
import type { CompletionRequest } from "../engine/engine";
import type { Prompt } from "../suggestion";
import type { Tokenizer } from "../tokenizer/tokenizer";
import { fitChunks, freeTokens, reservedTokens } from "./contextBudget";

const MAX_PATH_TOKENS = 48;
/** Text is looked at in windows of this many characters for each token of the budget before it is encoded. */
const CHARACTERS_PER_TOKEN = 12;

/**
 * A suffix that stands behind the prefix is read again with every key, so it is cut shorter. For the embedded model, 256
 * tokens cost 0.9 bits of a line's 38, and 128 tokens 2.4 (200 cursors).
 */
export const MOST_SUFFIX_READ_AGAIN = 256;

/**
 * Cuts the text around the cursor to what the model can hold, and returns the parts exactly as they will be encoded:
 * what is committed is what the model saw. What the family has no place for is left out. Chunks of other files fill
 * what the document leaves free; see `contextBudget.ts`.
 *
 * @param budget tokens that the whole prompt may take
 * @param mostSuffix tokens of the suffix at most, where it stands behind the prefix
 * @throws ProoflineError `document` when the text holds a lone surrogate
 */
export function cutPrompt(
  tokenizer: Tokenizer,
  request: Pick<CompletionRequest, "path" | "prefix" | "suffix"> &
    Partial<Pick<CompletionRequest, "context">>,
  budget: number,
  mostSuffix = MOST_SUFFIX_READ_AGAIN,
): Prompt {
  const { places } = tokenizer.family;
  const path = request.path === null || !places.path ? null : cutPath(tokenizer, request.path);
  const empty = encodePrompt(tokenizer, { path, prefix: "", suffix: "", context: [] });
  const textBudget = Math.max(0, budget - lengthOf(empty));
  const offered = places.context ? (request.context ?? []) : [];
  const chunksWithin = (tokens: number) =>
    fitChunks(offered, tokens, (chunk) => tokensOf(tokenizer, path, [chunk]) - lengthOf(empty));
  const reserved = chunksWithin(reservedTokens(textBudget));
  const text = cutText(tokenizer, request, textBudget - reserved.tokens, mostSuffix);
  const isWhole =
    text.prefix === request.prefix && (text.suffix === request.suffix || !tokenizer.family.suffixFirst);
  const free = isWhole && offered.length > 0 ? freeFor(tokenizer, text, textBudget) : 0;
  const context = free > reserved.tokens ? chunksWithin(free).chunks : reserved.chunks;
  const parts = [
    path ?? "",
    text.prefix,
    text.suffix,
    ...context.flatMap((chunk) => [chunk.path, chunk.text]),
  ];
  for (const part of parts) {
    if (!part.isWellFormed()) {
      throw new ProoflineError(
        "document",
        "The text near the cursor contains half of a surrogate pair, which UTF-8 cannot express.",
        "removeBrokenCharacter",
      );
    }
  }
  return { path, ...text, context };
}

type Surroundings = Pick<Prompt, "prefix" | "suffix">;

function cutText(
  tokenizer: Tokenizer,
  { prefix, suffix }: Surroundings,
  budget: number,
  mostSuffix: number,
): Surroundings {
  // Two shares only, not a sliding one: a suffix that changed with each key would spoil the cache.
  const half = Math.floor(budget / 2);
  const shortPrefix =
    prefix.length <= half * CHARACTERS_PER_TOKEN && tokenizer.encodeStart(prefix).length <= half;
  const share = shortPrefix ? half : Math.floor(budget / 4);
  const suffixBudget = tokenizer.family.suffixFirst ? share : Math.min(share, mostSuffix);
  return {
    prefix: cutPrefix(tokenizer, prefix, budget - suffixBudget),
    suffix: cutSuffix(tokenizer, suffix, suffixBudget),
  };
}

function tokensOf(tokenizer: Tokenizer, path: string | null, context: Prompt["context"]): number {
  return lengthOf(encodePrompt(tokenizer, { path, prefix: "", suffix: "", context }));
}

function lengthOf({ before, prefix, after }: EncodedPrompt): number {
  return before.length + prefix.length + after.length;
}

function freeFor(tokenizer: Tokenizer, { prefix, suffix }: Surroundings, budget: number): number {
  return freeTokens(budget, tokenizer.encodeStart(prefix).length + tokenizer.encode(suffix).length);
}

/** The tokens of a prompt: the prefix, and what stands before and after it. */
export interface EncodedPrompt {
  readonly before: readonly number[];
  readonly prefix: readonly number[];
  readonly after: readonly number[];
}

/** The tokens of a prompt, in full. Throws for a prompt that holds what the family has no place for. */
export function encodePrompt(tokenizer: Tokenizer, prompt: Prompt): EncodedPrompt {
  const { family, control } = tokenizer;
  if (prompt.context.length > 0 && !family.places.context) {
    throw new Error("no place for text of other files");
  }
  if (prompt.path !== null && !family.places.path) {
    throw new Error("no place for a path");
  }
  const before: number[] = [];
  const after: number[] = [];
  let side = before;
  for (const part of family.layout(prompt)) {
    if (part === "prefix") {
      side = after;
    } else if ("text" in part) {
      side.push(...tokenizer.encode(part.text));
    } else {
      side.push(...(control[part.control] === undefined ? [] : [tokenizer.idOf(part.control)]));
    }
  }
  return { before, prefix: tokenizer.encodeStart(prompt.prefix), after };
}

function cutPath(tokenizer: Tokenizer, path: string): string | null {
  let parts = path.split("/");
  while (parts.length > 0 && tokenizer.encode(parts.join("/")).length > MAX_PATH_TOKENS) {
    parts = parts.slice(1);
  }
  return parts.length === 0 ? null : parts.join("/");
}

/**
 * The prefix of a long file starts at a line whose number is a multiple of this, so that typing seldom moves it: each
 * move costs a run over the whole prompt. About a quarter of the lines that fit (with some eight tokens each).
 */
function startLineStep(budget: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(budget / 32)));
}

/** The end of the text: from a line whose number is a multiple of the step where there is one, else any line. */
function cutPrefix(tokenizer: Tokenizer, text: string, budget: number): string {
  const windowStart = Math.max(0, text.length - budget * CHARACTERS_PER_TOKEN);
  const fits = (start: number): boolean => tokenizer.encodeStart(text.slice(start)).length <= budget;
  if (windowStart === 0 && fits(0)) {
    return text;
  }
  const window = text.slice(windowStart);
  // Cut elsewhere, the same text can take a token more, so the start found this way is confirmed below.
  const fitting = tokenizer.decode(tokenizer.encode(window).slice(-budget));
  const earliest = windowStart + Math.max(0, window.length - fitting.length);
  const step = startLineStep(budget);
  const starts: number[] = [];
  const steps: number[] = [];
  let line = countLines(text, earliest);
  for (let at = text.indexOf("\n", earliest); at >= 0; at = text.indexOf("\n", at + 1)) {
    line += 1;
    starts.push(at + 1);
    if (line % step === 0) {
      steps.push(at + 1);
    }
  }
  const lineStart = [...steps.slice(0, 2), ...starts].find(fits);
  // The cursor's own line counts for less than none: a longer one is cut inside.
  if (lineStart !== undefined && lineStart < text.length) {
    return text.slice(lineStart);
  }
  let start = earliest;
  while (start < text.length && (isLowSurrogate(text, start) || !fits(start))) {
    start += 1;
  }
  return text.slice(start);
}

/** The beginning of the text, up to the end of a line where a whole one fits. */
function cutSuffix(tokenizer: Tokenizer, text: string, budget: number): string {
  const window = wellFormedEnd(text.slice(0, budget * CHARACTERS_PER_TOKEN));
  const ids = tokenizer.encode(window);
  if (window.length === text.length && ids.length <= budget) {
    return text;
  }
  let fitting = tokenizer.decode(ids.slice(0, budget));
  // Decoding stops inside a character where a token does: the text's own beginning is what counts.
  while (!window.startsWith(fitting)) {
    fitting = fitting.slice(0, -1);
  }
  const newline = fitting.lastIndexOf("\n");
  const cut = newline > 0 ? fitting.slice(0, newline) : fitting;
  return tokenizer.encode(cut).length <= budget ? cut : "";
}

function countLines(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) {
    count += 1;
  }
  return count;
}

function wellFormedEnd(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

function isLowSurrogate(text: string, at: number): boolean {
  return /[\udc00-\udfff]/.test(text.charAt(at));
}
