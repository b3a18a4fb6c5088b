import * as z from "zod";
import { ProoflineError } from "../errors";
import type { Prompt } from "../provenance/record";
import type { CompletionRequest } from "./engine";
import type { Tokenizer } from "./tokenizer";

/**
 * How the parts of a prompt become tokens. `suffix-first-fim/v1`, with control tokens in angle brackets:
 *
 *     <|fim_prefix|> [<|file_sep|> path "\n"] <|fim_suffix|> suffix <|fim_middle|> prefix
 *
 * and the model continues the prefix. Each part is encoded by itself. While a person types, everything before the
 * end of the prefix stays the same, so the key-value cache of the last request serves the next.
 */
export const PROMPT_FAMILY = "suffix-first-fim/v1";
export const PromptFamily = z.literal(PROMPT_FAMILY);

const MAX_PATH_TOKENS = 48;
/** Text is looked at in windows of this many characters for each token of the budget before it is encoded. */
const CHARACTERS_PER_TOKEN = 12;

/**
 * Cuts the text around the cursor to what the model can hold, and returns the parts exactly as they will be encoded:
 * what is committed is what the model saw. The family has no place for text of other files, so `context` is empty.
 *
 * @param budget tokens that the whole prompt may take
 * @throws ProoflineError `document` when the text holds a lone surrogate
 */
export function cutPrompt(
  tokenizer: Tokenizer,
  request: Pick<CompletionRequest, "path" | "prefix" | "suffix">,
  budget: number,
): Prompt {
  const path = request.path === null ? null : cutPath(tokenizer, request.path);
  const pathTokens = path === null ? 0 : 1 + tokenizer.encode(`${path}\n`).length;
  const textBudget = Math.max(0, budget - 3 - pathTokens);
  // Two shares only, not a sliding one: a suffix that changed with each key would spoil the cache.
  const half = Math.floor(textBudget / 2);
  const shortPrefix =
    request.prefix.length <= half * CHARACTERS_PER_TOKEN && tokenizer.encode(request.prefix).length <= half;
  const suffixBudget = shortPrefix ? half : Math.floor(textBudget / 4);
  const prompt: Prompt = {
    path,
    prefix: cutPrefix(tokenizer, request.prefix, textBudget - suffixBudget),
    suffix: cutSuffix(tokenizer, request.suffix, suffixBudget),
    context: [],
  };
  for (const text of [prompt.path ?? "", prompt.prefix, prompt.suffix]) {
    if (!text.isWellFormed()) {
      throw new ProoflineError(
        "document",
        "The text near the cursor holds half of a surrogate pair, which no UTF-8 file can hold.",
        "Remove the broken character.",
      );
    }
  }
  return prompt;
}

/** The tokens of a prompt, in full. Throws for a prompt that the family cannot spell. */
export function encodePrompt(tokenizer: Tokenizer, prompt: Prompt): { before: number[]; prefix: number[] } {
  if (prompt.context.length > 0) throw new Error(`${PROMPT_FAMILY} has no place for text of other files`);
  const { control } = tokenizer;
  const path =
    prompt.path === null ? [] : [control.fileSeparator.id, ...tokenizer.encode(`${prompt.path}\n`)];
  return {
    before: [
      control.prefix.id,
      ...path,
      control.suffix.id,
      ...tokenizer.encode(prompt.suffix),
      control.middle.id,
    ],
    prefix: tokenizer.encode(prompt.prefix),
  };
}

function cutPath(tokenizer: Tokenizer, path: string): string | null {
  let parts = path.split("/");
  while (parts.length > 0 && tokenizer.encode(parts.join("/")).length > MAX_PATH_TOKENS)
    parts = parts.slice(1);
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
  const fits = (start: number): boolean => tokenizer.encode(text.slice(start)).length <= budget;
  if (windowStart === 0 && fits(0)) return text;
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
    if (line % step === 0) steps.push(at + 1);
  }
  const lineStart = [...steps.slice(0, 2), ...starts].find(fits);
  // The cursor's own line counts for less than none: a longer one is cut inside.
  if (lineStart !== undefined && lineStart < text.length) return text.slice(lineStart);
  let start = earliest;
  while (start < text.length && (isLowSurrogate(text, start) || !fits(start))) start += 1;
  return text.slice(start);
}

/** The beginning of the text, up to the end of a line where a whole one fits. */
function cutSuffix(tokenizer: Tokenizer, text: string, budget: number): string {
  const window = wellFormedEnd(text.slice(0, budget * CHARACTERS_PER_TOKEN));
  const ids = tokenizer.encode(window);
  if (window.length === text.length && ids.length <= budget) return text;
  let fitting = tokenizer.decode(ids.slice(0, budget));
  // Decoding stops inside a character where a token does: the text's own beginning is what counts.
  while (!window.startsWith(fitting)) fitting = fitting.slice(0, -1);
  const newline = fitting.lastIndexOf("\n");
  const cut = newline > 0 ? fitting.slice(0, newline) : fitting;
  return tokenizer.encode(cut).length <= budget ? cut : "";
}

function countLines(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

function wellFormedEnd(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

function isLowSurrogate(text: string, at: number): boolean {
  return /[\udc00-\udfff]/.test(text.charAt(at));
}
