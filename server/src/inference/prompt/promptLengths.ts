/**
 * A shorter prompt says too little to be worth an answer, however slow the machine is. Of the embedded model's answers in
 * the middle of held-out files, 9.8% were exactly what the author wrote with 128 tokens of prompt, 12.4% with 192, 13.6%
 * with 256 and 14.0% with 900 (450 places, `npm run eval:model -- --lengths 128,192,256,900`).
 */
export const LEAST_PROMPT_TOKENS = 192;

/** The lengths that prompts are cut to, besides the full one, are these times a power of two. */
const STEPS = [128, 192] as const;

/**
 * The lengths that prompts are cut to, in tokens, the longest first: the full one, and steps of a third and a quarter
 * less, down to the least. Steps, so that a machine whose pace changes a little cuts a text where it did before, and goes
 * on from what it has read.
 *
 * @param full what the model can hold beside its answer
 */
export function promptLengths(full: number): readonly number[] {
  const lengths: number[] = [];
  for (let factor = 1; STEPS[0] * factor < full; factor *= 2) {
    lengths.push(...STEPS.map((step) => step * factor));
  }
  return [full, ...lengths.filter((length) => length >= LEAST_PROMPT_TOKENS && length < full).reverse()];
}

/** The next length to read when one is read: at least twice as long, so that all of them together take twice the last. */
export function nextLength(full: number, length: number): number {
  return Math.min(full, promptLengths(full).findLast((longer) => longer >= 2 * length) ?? full);
}
