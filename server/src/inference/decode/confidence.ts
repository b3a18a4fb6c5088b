import type { Range } from "../trim";
import type { Decoding } from "./decoding";
import { exponential } from "./exponential";

/** The model's choice at one place under the decoder's rules. */
export interface FirstChoice {
  readonly id: number;
  readonly logit: number;
}

export interface Choice extends FirstChoice {
  /** Its probability among the tokens that agree with healed text, barred ends and line breaks included. */
  readonly probability: number;
}

/** The first choice: the allowed token with the largest logit, the smallest id among equals. */
export function firstChoice(logits: Float32Array, decoding: Decoding): FirstChoice {
  let id = -1;
  let largest = Number.NEGATIVE_INFINITY;
  for (let candidate = 0; candidate < logits.length; candidate++) {
    const logit = logits[candidate] ?? Number.NEGATIVE_INFINITY;
    if (logit > largest && decoding.allows(candidate)) {
      id = candidate;
      largest = logit;
    }
  }
  if (id < 0) {
    throw new Error("the decoder's rules allow no token");
  }
  return { id, logit: largest };
}

/**
 * The first choice with its probability, which counts end of text among the alternatives even where that may not
 * come yet: an answer that the model was pushed to give has a low confidence.
 */
export function weighedChoice(logits: Float32Array, decoding: Decoding): Choice {
  const { id, logit: chosen } = firstChoice(logits, decoding);
  let largest = chosen;
  for (let other = 0; other < logits.length; other++) {
    const logit = logits[other] ?? Number.NEGATIVE_INFINITY;
    if (logit > largest && decoding.isAlternative(other)) {
      largest = logit;
    }
  }
  const { usable } = decoding.tokenizer;
  const { isFree } = decoding;
  let sum = 0;
  for (let other = 0; other < logits.length; other++) {
    const logit = logits[other] ?? Number.NEGATIVE_INFINITY;
    // Below this the term vanishes in the sum.
    if (logit <= largest - 30) {
      continue;
    }
    if (isFree ? usable[other] === 1 : decoding.isAlternative(other)) {
      sum += exponential(logit - largest);
    }
  }
  return { id, logit: chosen, probability: exponential(chosen - largest) / sum };
}

/**
 * Confidence of what is displayed: the joint probability of the tokens of which any part is displayed, which is what
 * the model itself gives for being right; 0 where nothing is displayed.
 *
 * @param lengths UTF-16 length of `raw` up to and with each token
 */
export function confidenceOf(
  probabilities: readonly number[],
  lengths: readonly number[],
  displayed: Range,
): number {
  if (displayed.end <= displayed.start) {
    return 0;
  }
  let product = 1;
  let count = 0;
  for (const [index, probability] of probabilities.entries()) {
    const start = lengths[index - 1] ?? 0;
    const end = lengths[index] ?? start;
    if (end <= displayed.start || start >= displayed.end) {
      continue;
    }
    product *= probability;
    count += 1;
  }
  return count === 0 ? 0 : product;
}
