import type { Graph } from "./graph";
import { Sequence } from "./sequence";

/** A run checks at most so many drafted tokens, beside the one that is known. */
export const MAX_DRAFT = 8;

/** So many tokens stand before those that are compared. */
const PAST = 8;

/**
 * True when a token's logits are the same bits however many tokens are run beside it, from one to as many as a draft
 * has. Only then do drafted tokens leave the text as it is. Kernels that scale activations over all rows fail here.
 */
export async function rowsStandAlone(graph: Graph): Promise<boolean> {
  const { vocabularySize } = graph;
  const tokens = Array.from({ length: PAST + MAX_DRAFT + 1 }, (_, index) => (7919 * index) % vocabularySize);
  const sequence = new Sequence(graph);
  await sequence.append(tokens.slice(0, PAST));
  const whole = (await sequence.append(tokens.slice(PAST))).slice();
  for (let rows = 1; rows <= MAX_DRAFT; rows++) {
    sequence.rewind(PAST);
    const some = await sequence.append(tokens.slice(PAST, PAST + rows));
    if (!some.every((logit, index) => Object.is(logit, whole[index]))) {
      return false;
    }
  }
  return true;
}
