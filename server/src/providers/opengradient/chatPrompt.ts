import type { CompletionRequest } from "../../inference/engine/engine";
import type { Prompt } from "../../inference/suggestion";
import { ProoflineError } from "../../platform/errors";

/** UTF-16 code units of the file that are sent from before and behind the cursor. */
export const MOST_BEFORE = 8_000;
export const MOST_BEHIND = 3_000;

/**
 * Cuts the text around the cursor to what is sent, at beginnings and ends of lines.
 *
 * @throws ProoflineError `document` where the text holds a lone surrogate
 */
export function chatPrompt({ path, prefix, suffix, context }: CompletionRequest): Prompt {
  const prompt = { path, prefix: endOf(prefix), suffix: beginningOf(suffix), context: [...context] };
  const parts = [
    path ?? "",
    prompt.prefix,
    prompt.suffix,
    ...context.flatMap((chunk) => [chunk.path, chunk.text]),
  ];
  if (!parts.every((part) => part.isWellFormed())) {
    throw new ProoflineError(
      "document",
      "The text near the cursor contains half of a surrogate pair, which UTF-8 cannot express.",
      "removeBrokenCharacter",
    );
  }
  return prompt;
}

/** Whether a prompt is no longer than those that are sent. Of a longer one nobody can tell soon how an answer to it is cut. */
export function isCut({ prefix, suffix }: Pick<Prompt, "prefix" | "suffix">): boolean {
  // The last line end comes on top.
  return prefix.length <= MOST_BEFORE && suffix.length <= MOST_BEHIND + 1;
}

/** As many whole lines as fit, and the cursor's own, whatever its length. */
function endOf(text: string): string {
  if (text.length <= MOST_BEFORE) {
    return text;
  }
  const line = text.indexOf("\n", text.length - MOST_BEFORE);
  return line === -1 ? wellFormedEnd(text.slice(-MOST_BEFORE)) : text.slice(line + 1);
}

function beginningOf(text: string): string {
  if (text.length <= MOST_BEHIND) {
    return text;
  }
  const line = text.lastIndexOf("\n", MOST_BEHIND);
  return line === -1 ? wellFormedBeginning(text.slice(0, MOST_BEHIND)) : text.slice(0, line + 1);
}

/** A cut may go through a character of two code units. */
function wellFormedEnd(text: string): string {
  return /^[\udc00-\udfff]/.test(text) ? text.slice(1) : text;
}

function wellFormedBeginning(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}
