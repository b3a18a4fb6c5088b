import { firstChoice } from "../../../server/src/inference/decode/confidence";
import { Decoding, type Extent } from "../../../server/src/inference/decode/decoding";
import { generate } from "../../../server/src/inference/decode/generate";
import { seedOf } from "../../../server/src/inference/decode/seed";
import type { ReplayRequest } from "../../../server/src/inference/engine/engine";
import type { Model } from "../../../server/src/inference/engine/loadedModel";
import type { Sequence } from "../../../server/src/inference/graph/sequence";
import { cursorContextOf } from "../../../server/src/inference/prompt/cursorContext";
import { healPrompt } from "../../../server/src/inference/prompt/heal";
import { StopReason } from "../../../server/src/inference/suggestion";
import { trim } from "../../../server/src/inference/trim";

const never = (): boolean => false;

/** A claim whose every other value follows from its prompt, tokens and stop reason: only the model can contradict it. */
export function consistent(model: Model, claim: ReplayRequest): ReplayRequest {
  const { tokenizer, manifestDigest } = model;
  const prompt = healPrompt(tokenizer, claim.prompt);
  const raw = tokenizer.decode(claim.tokens);
  const { start, end } = trim(raw, {
    cursor: cursorContextOf(claim.prompt),
    healed: prompt.healed,
    stop: claim.stop,
    lastLength: raw.length - tokenizer.decode(claim.tokens.slice(0, -1)).length,
  });
  return { ...claim, raw, displayed: raw.slice(start, end), seed: seedOf({ ...claim, manifestDigest }) };
}

/** One claim for every reason to stop that it could give. */
export function withEveryStop(model: Model, claim: ReplayRequest): ReplayRequest[] {
  return StopReason.options.map((stop) => consistent(model, { ...claim, stop }));
}

/** What a model answers to the claim's prompt once its answer begins with `forced`; `null` when that ended it. */
export async function continued(
  model: Model,
  sequence: Sequence,
  claim: ReplayRequest,
  forced: readonly number[],
  extent: Extent = "block",
): Promise<ReplayRequest | null> {
  const prompt = healPrompt(model.tokenizer, claim.prompt);
  const decoding = decodingOf(model, claim, extent);
  for (const [index, token] of forced.entries()) {
    if (!decoding.allows(token)) {
      return null;
    }
    const stop = decoding.push(token, 1);
    if (stop !== null) {
      return index === forced.length - 1 ? consistent(model, { ...claim, tokens: forced, stop }) : null;
    }
  }
  const { maxTokens } = claim.sampling;
  const generation = await generate(
    model,
    sequence,
    { ...prompt, ids: [...prompt.ids, ...forced] },
    decoding,
    { maxTokens, lookup: null, isCancelled: never },
  );
  if (generation === null || generation.tokens.length === 0) {
    return null;
  }
  const { tokens, stop } = generation;
  return consistent(model, { ...claim, tokens, stop });
}

/** The place where the model hesitates most, the token that it nearly took there, and by how much it did not. */
export async function hesitation(
  model: Model,
  sequence: Sequence,
  claim: ReplayRequest,
): Promise<{ index: number; token: number; gap: number } | null> {
  const { graph, tokenizer } = model;
  const { ids } = healPrompt(tokenizer, claim.prompt);
  const input = [...ids, ...claim.tokens.slice(0, -1)];
  sequence.rewindTo(input, ids.length - 1);
  const logits = await sequence.append(input.slice(sequence.length));
  const size = graph.vocabularySize;
  const decoding = decodingOf(model, claim);
  let closest: { index: number; token: number; gap: number } | null = null;
  for (const [index, token] of claim.tokens.entries()) {
    const start = logits.length - (claim.tokens.length - index) * size;
    const row = logits.slice(start, start + size);
    const first = firstChoice(row, decoding);
    row[first.id] = Number.NEGATIVE_INFINITY;
    for (const end of tokenizer.ends) {
      row[end] = Number.NEGATIVE_INFINITY;
    }
    const second = secondChoice(row, decoding);
    const gap = first.logit - (second?.logit ?? Number.NEGATIVE_INFINITY);
    if (second !== null && gap < (closest?.gap ?? Number.POSITIVE_INFINITY)) {
      closest = { index, token: second.id, gap };
    }
    decoding.push(token, 1);
  }
  return closest;
}

function secondChoice(row: Float32Array, decoding: Decoding): ReturnType<typeof firstChoice> | null {
  try {
    return firstChoice(row, decoding);
  } catch {
    // Healed text leaves a single token.
    return null;
  }
}

function decodingOf(model: Model, claim: ReplayRequest, asked: Extent = "block"): Decoding {
  const cursor = cursorContextOf(claim.prompt);
  const extent = cursor.block === null ? "line" : asked;
  const gate = claim.stop === "doubt" ? model.manifest.execution.confidenceGate : 0;
  const prompt = healPrompt(model.tokenizer, claim.prompt);
  return new Decoding(model.tokenizer, prompt, cursor, extent, claim.sampling.maxTokens, gate);
}
