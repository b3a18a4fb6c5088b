import type { Decoding } from "./decoding";
import type { Range } from "./trim";

/** The model's choice at one place under the decoder's rules. */
export interface Choice {
  readonly id: number;
  readonly logit: number;
  /** Its probability among the tokens that agree with healed text, barred ends and line breaks included. */
  readonly probability: number;
}

/**
 * The first choice: the allowed token with the largest logit, the smallest id among equals.
 *
 * Its probability counts end of text among the alternatives even where that may not come yet: an answer that the
 * model was pushed to give has a low confidence.
 */
export function firstChoice(logits: Float32Array, decoding: Decoding): Choice {
  let best = -1;
  let bestLogit = Number.NEGATIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? Number.NEGATIVE_INFINITY;
    if (logit > bestLogit && decoding.allows(id)) {
      best = id;
      bestLogit = logit;
    }
    if (logit > largest && decoding.isAlternative(id)) largest = logit;
  }
  if (best < 0) throw new Error("the decoder's rules allow no token");
  let sum = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? Number.NEGATIVE_INFINITY;
    // Below this the term vanishes in the sum.
    if (logit > largest - 30 && decoding.isAlternative(id)) sum += Math.exp(logit - largest);
  }
  return { id: best, logit: bestLogit, probability: Math.exp(bestLogit - largest) / sum };
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
  if (displayed.end <= displayed.start) return 0;
  let product = 1;
  let count = 0;
  for (const [index, probability] of probabilities.entries()) {
    const start = lengths[index - 1] ?? 0;
    const end = lengths[index] ?? start;
    if (end <= displayed.start || start >= displayed.end) continue;
    product *= probability;
    count += 1;
  }
  return count === 0 ? 0 : product;
}
