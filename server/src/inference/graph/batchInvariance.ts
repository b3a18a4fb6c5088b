import type { Graph } from "./graph";
import { Sequence } from "./sequence";

/** The most drafted tokens that one run checks, in addition to the one that is known. */
export const MAX_DRAFT = 8;

/** The number of tokens before those that are compared. */
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

/** Enough groups for the kernels to take their path for many rows. */
const GROUPS = 4;

/**
 * Refuses a graph whose logits depend on how many tokens are run at once, in bits, even in whole groups: one that
 * scales activations over all rows of a run, say. A replay in another shape than generation's would never agree.
 *
 * @throws Error with that reason
 */
export async function checkShapes(graph: Graph): Promise<void> {
  const { group } = graph.runtime;
  const ids = Array.from({ length: GROUPS * group }, (_, index) => index % graph.vocabularySize);
  const whole = await new Sequence(graph).append(ids);
  const parts = new Sequence(graph);
  for (let start = 0; start < ids.length; start += group) {
    const logits = await parts.append(ids.slice(start, start + group));
    const expected = whole.subarray(start * graph.vocabularySize).subarray(0, logits.length);
    if (!logits.every((logit, index) => Object.is(logit, expected[index]))) {
      throw new Error(
        `its results depend on how many tokens are run at once, so ${graph.runtime.profile} cannot replay them`,
      );
    }
  }
}
