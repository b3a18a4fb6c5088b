/** A shorter prompt says too little to be worth an answer, however slow the machine is. */
const LEAST_TOKENS = 128;

/**
 * The lengths that prompts are cut to, in tokens, the longest first: the full one, and steps of a half and a third below
 * it down to the least. Steps, so that a machine whose pace changes a little cuts a text where it did before, and goes
 * on from what it has read.
 *
 * @param full what the model can hold beside its answer
 */
export function promptLengths(full: number): readonly number[] {
  const lengths: number[] = [];
  for (let length = LEAST_TOKENS; length < full; length *= 2) {
    lengths.push(length, length * 1.5);
  }
  return [full, ...lengths.filter((length) => length < full).reverse()];
}

/** The next length to read when one is read: at least twice as long, so that all of them together take twice the last. */
export function nextLength(full: number, length: number): number {
  return Math.min(full, promptLengths(full).findLast((longer) => longer >= 2 * length) ?? full);
}
