import { CHUNK_TOKENS, type IsCancelled } from "./complete";
import { firstChoice } from "./confidence";
import { Decoding, type Extent } from "./decoding";
import type { ReplayRequest, ReplayResult } from "./engine";
import { type HealedPrompt, healPrompt } from "./heal";
import type { Model } from "./model";
import { type Scope, scopeOf } from "./scope";
import { PROFILE, seedOf } from "./seed";
import { Sequence } from "./sequence";
import { trim } from "./trim";

/**
 * How far, in logits, a claimed token may stand behind the first choice under `native/v1`.
 *
 * One pass over a prompt adds in another order than generation token by token: 1.4e-5 in float32 here, and kernels
 * of other CPUs differ by about as much. The margin leaves room for that and no more: two tokens so close are, for
 * the model, equally likely to one part in a thousand.
 */
export const REPLAY_MARGIN = 1e-3;

/** Stands for whichever control token ends an answer: a suggestion does not say which one it was. */
const END = -2;

/**
 * Runs prompt and claimed tokens through the model and compares each token with the decoder's choice at its place,
 * healing and barred tokens included; recomputes raw and displayed text, stop reason and seed.
 *
 * @returns `null` when it was interrupted; nothing was decided then
 */
export async function replay(
  model: Model,
  request: ReplayRequest,
  isCancelled: IsCancelled,
): Promise<ReplayResult | null> {
  const { tokenizer, manifest } = model;
  const { tokens } = request;
  const mismatch = (reason: string, exact = 0, margin = 0): ReplayResult => ({
    value: "mismatch",
    tokens: tokens.length,
    exact,
    margin,
    reason,
  });
  const { places } = tokenizer.family;
  if (
    (request.prompt.context.length > 0 && !places.context) ||
    (request.prompt.path !== null && !places.path)
  )
    return mismatch("The prompt holds text for which this model has no place.");
  const prompt = healPrompt(tokenizer, request.prompt);
  const scope = scopeOf(request.prompt);
  if (prompt.ids.length + tokens.length > manifest.contextLength) {
    return mismatch("Prompt and tokens are longer than the model's context.");
  }
  const contradiction = recompute(model, request, prompt, scope);
  if (contradiction !== null) return mismatch(contradiction);

  // The model's opinion after the last token only matters where the model itself ended the answer.
  const compared = request.stop === "endOfText" ? [...tokens, END] : tokens;
  const decoding = new Decoding(tokenizer, prompt, scope, "line", request.sampling.maxTokens, 0);
  let certaintyBefore = 0;
  let exact = 0;
  let largest = 0;
  const first = prompt.ids.length - 1;
  const input = [...prompt.ids, ...tokens].slice(0, first + compared.length);
  const sequence = new Sequence(model.graph);
  while (sequence.length < input.length) {
    if (isCancelled()) return null;
    const start = sequence.length;
    const logits = await sequence.append(input.slice(start, start + CHUNK_TOKENS));
    for (let place = Math.max(start, first); place < sequence.length; place++) {
      const row = logits
        .subarray((place - start) * model.graph.vocabularySize)
        .subarray(0, model.graph.vocabularySize);
      const index = place - first;
      const claimed = compared[index] === END ? likeliest(row, tokenizer.ends) : (compared[index] ?? -1);
      const at = `Token ${index + 1} of ${compared.length}`;
      if (!decoding.allows(claimed))
        return mismatch(`${at} is one that the decoder never takes there.`, exact, largest);
      const choice = firstChoice(row, decoding);
      const behind = choice.logit - (row[claimed] ?? Number.NEGATIVE_INFINITY);
      largest = Math.max(largest, behind);
      if (!(behind <= REPLAY_MARGIN)) {
        return mismatch(
          `${at} is not what the model answers: it stands ${behind.toFixed(3)} behind.`,
          exact,
          largest,
        );
      }
      if (choice.id === claimed) exact += 1;
      certaintyBefore = decoding.certainty;
      if (index < tokens.length) decoding.push(claimed, choice.probability);
    }
  }
  if (request.stop === "doubt") {
    const gate = Math.log(manifest.execution.confidenceGate);
    const tolerance = REPLAY_MARGIN * tokens.length;
    if (certaintyBefore < gate - tolerance || decoding.certainty > gate + tolerance) {
      return mismatch("The model does not begin to doubt at the last token.", exact, largest);
    }
  }
  return {
    value: exact === compared.length ? "exact" : "withinTolerance",
    tokens: tokens.length,
    exact: Math.min(exact, tokens.length),
    margin: largest,
  };
}

/** The id with the largest logit, the smallest id among equals. */
function likeliest(row: Float32Array, ids: readonly number[]): number {
  const logit = (id: number): number => row[id] ?? Number.NEGATIVE_INFINITY;
  return [...ids].sort((a, b) => logit(b) - logit(a) || a - b)[0] ?? -1;
}

/** Everything that follows from the claim without running the model; a sentence for the first contradiction. */
function recompute(model: Model, request: ReplayRequest, prompt: HealedPrompt, scope: Scope): string | null {
  const { tokenizer, manifestDigest } = model;
  const { sampling, ordinal, stop, tokens } = request;
  if (ordinal !== 0) return "Greedy decoding has only one answer, with ordinal 0.";
  if (
    seedOf({ prompt: request.prompt, manifestDigest, profile: PROFILE, sampling, ordinal }) !== request.seed
  ) {
    return "The seed does not follow from prompt, model and sampling.";
  }
  if (tokenizer.decode(tokens) !== request.raw) return "The raw text is not what the tokens spell.";
  const lastLength = request.raw.length - tokenizer.decode(tokens.slice(0, -1)).length;
  const { start, end } = trim(request.raw, { scope, healed: prompt.healed, stop, lastLength });
  if (request.raw.slice(start, end) !== request.displayed) {
    return "The displayed text is not what the trim chain makes of the raw text.";
  }
  const extents: readonly Extent[] = scope.block === null ? ["line"] : ["line", "block"];
  const stops = extents.some((extent) => {
    const decoding = new Decoding(tokenizer, prompt, scope, extent, sampling.maxTokens, 0);
    return tokens.every((token, index) => {
      const reason = decoding.push(token, 1);
      if (index < tokens.length - 1 || stop === "endOfText") return reason === null;
      // Doubt comes before every other reason, and is compared where the model's probabilities are known.
      return stop === "doubt" || reason === stop;
    });
  });
  return stops && tokens.length > 0 ? null : `The decoder does not stop there for the reason "${stop}".`;
}
