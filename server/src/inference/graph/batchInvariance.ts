import type { Graph } from "./graph";
import { Sequence } from "./sequence";

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
