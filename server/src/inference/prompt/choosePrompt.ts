import type { CompletionRequest } from "../engine/engine";
import type { Prompt } from "../suggestion";
import type { Tokenizer } from "../tokenizer/tokenizer";
import { type HealedPrompt, healPrompt } from "./heal";
import { cutPrompt, MOST_SUFFIX_READ_AGAIN } from "./prompt";
import { LEAST_PROMPT_TOKENS, promptLengths } from "./promptLengths";

/** A prompt that was read but for this share of what can be read answers at once; one that lacks a word or two always does. */
const SHARE_AT_ONCE = 0.25;
const TOKENS_AT_ONCE = 16;

/** A few lines: less of a suffix says nothing of how the text goes on. */
const LEAST_SUFFIX = 32;

/** A prompt, as it was cut and as the model gets it. */
export interface ChosenPrompt {
  readonly prompt: Prompt;
  readonly healed: HealedPrompt;
  /** The length that it was cut to, in tokens. */
  readonly length: number;
  /** What its suffix was cut to, in tokens, where that is read again with every key. */
  readonly mostSuffix: number;
}

/** The text around a cursor. */
export type PromptText = Pick<CompletionRequest, "path" | "prefix" | "suffix" | "context">;

/** What was read before, of whatever prompt. */
export interface ReadBefore {
  /** How many tokens from the beginning of `ids` need not be read again. */
  sharedWith(ids: readonly number[]): number;
}

/** @throws ProoflineError `document` when the text holds a lone surrogate */
export function promptOfLength(
  tokenizer: Tokenizer,
  text: PromptText,
  length: number,
  mostSuffix = MOST_SUFFIX_READ_AGAIN,
): ChosenPrompt {
  const prompt = cutPrompt(tokenizer, text, length, mostSuffix);
  return { prompt, healed: healPrompt(tokenizer, prompt), length, mostSuffix };
}

/**
 * What of a suffix that stands behind the prefix may be read again with each key: half of what can be read, in steps, so
 * that what was read of a long prefix is of use though little can be read.
 */
function suffixWithin(readable: number): number {
  let most = MOST_SUFFIX_READ_AGAIN;
  while (most > LEAST_SUFFIX && most > readable / 2) {
    most /= 2;
  }
  return most;
}

/** Whether nothing was cut off: neither of the text around the cursor, nor of the chunks of other files. */
export function holdsAll({ prompt }: ChosenPrompt, { prefix, suffix, context }: PromptText): boolean {
  return prompt.prefix === prefix && prompt.suffix === suffix && prompt.context.length === context.length;
}

/**
 * The longest prompt of which nearly all was read before, so that whoever types on has the next answer at once; else the
 * longest of which no more than so many tokens are still to be read; else the shortest.
 *
 * @param full tokens that the longest prompt may take
 * @param readable tokens that can be read until the answer is wanted
 * @throws ProoflineError `document` when the text holds a lone surrogate
 */
export function choosePrompt(
  tokenizer: Tokenizer,
  text: PromptText,
  full: number,
  readable: number,
  before: ReadBefore,
): ChosenPrompt {
  const mostSuffix = suffixWithin(readable);
  const atOnce = Math.max(TOKENS_AT_ONCE, readable * SHARE_AT_ONCE);
  let inTime: ChosenPrompt | null = null;
  for (const length of promptLengths(full)) {
    const chosen = promptOfLength(tokenizer, text, length, mostSuffix);
    const { ids } = chosen.healed;
    const read = before.sharedWith(ids);
    const unread = ids.length - read;
    if (unread <= atOnce && (read >= unread || readable === Number.POSITIVE_INFINITY)) {
      return chosen;
    }
    inTime ??= unread <= readable ? chosen : null;
    if (holdsAll(chosen, text) && inTime !== null) {
      // A shorter one could only be cut.
      break;
    }
  }
  return inTime ?? promptOfLength(tokenizer, text, Math.min(full, LEAST_PROMPT_TOKENS), mostSuffix);
}
