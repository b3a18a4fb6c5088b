import type { ReplayRequest } from "../../../server/src/inference/engine/engine";
import type { Model } from "../../../server/src/inference/engine/loadedModel";
import { prefill } from "../../../server/src/inference/graph/prefill";
import type { Sequence } from "../../../server/src/inference/graph/sequence";
import { healPrompt } from "../../../server/src/inference/prompt/heal";

/** The logits from which each token of the answer was chosen, computed in one pass as a replay does. */
export async function answerLogits(
  model: Model,
  sequence: Sequence,
  claim: ReplayRequest,
): Promise<Float32Array> {
  const ids = await readPrompt(model, sequence, claim);
  const logits = await sequence.append([...ids, ...claim.tokens.slice(0, -1)]);
  return logits.slice(-claim.tokens.length * model.graph.vocabularySize);
}

/** The same, token by token, as generation computes them. */
export async function answerLogitsOneByOne(
  model: Model,
  sequence: Sequence,
  claim: ReplayRequest,
): Promise<Float32Array> {
  const { vocabularySize } = model.graph;
  const logits = new Float32Array(claim.tokens.length * vocabularySize);
  let ids = await readPrompt(model, sequence, claim);
  for (const [index, token] of claim.tokens.entries()) {
    logits.set((await sequence.append(ids, "last")).slice(-vocabularySize), index * vocabularySize);
    ids = [token];
  }
  return logits;
}

/** Reads all of the prompt but its last token, which it returns. */
async function readPrompt(
  { tokenizer }: Model,
  sequence: Sequence,
  { prompt }: ReplayRequest,
): Promise<readonly number[]> {
  const { ids } = healPrompt(tokenizer, prompt);
  const unread = ids.slice(sequence.rewindTo(ids, ids.length - 1), -1);
  const rest = await prefill(sequence, unread, () => false);
  if (rest !== null && rest.length > 0) {
    await sequence.append(rest, "none");
  }
  return ids.slice(-1);
}
