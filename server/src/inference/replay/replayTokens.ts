import { firstChoice, weighedChoice } from "../decode/confidence";
import { Decoding, type Extent } from "../decode/decoding";
import { exponential } from "../decode/exponential";
import { seedOf } from "../decode/seed";
import type { ReplayRequest, ReplayResult } from "../engine/engine";
import type { Model } from "../engine/loadedModel";
import { type IsCancelled, prefill } from "../graph/prefill";
import { CHUNK_TOKENS } from "../graph/prefillPace";
import type { Sequence } from "../graph/sequence";
import { type CursorContext, cursorContextOf } from "../prompt/cursorContext";
import { type HealedPrompt, healPrompt } from "../prompt/heal";
import { trim } from "../trim";
import { toleranceOf } from "./toleranceOf";

/** No token is longer; a claim with more text than this allows for each token is refused before it is tokenized. */
const MAX_TOKEN_LENGTH = 256;

/** So few unread tokens of the prompt are run beside the answer: a run of their own would take longer. */
const WITH_ANSWER = 16;

/** Stands for whichever control token ends an answer: a suggestion does not say which one it was. */
const END = -2;

/**
 * Runs prompt and claimed tokens through the model and compares each token with the decoder's choice at its place,
 * healing and barred tokens included; recomputes raw and displayed text, stop reason and seed. The model's runtime
 * says which profile that is, and so what is forgiven.
 *
 * @param sequence what earlier replays have read; a prompt that begins alike is read from where it differs
 * @returns `null` when it was interrupted; nothing was decided then
 */
export async function replay(
  model: Model,
  sequence: Sequence,
  request: ReplayRequest,
  isCancelled: IsCancelled,
): Promise<ReplayResult | null> {
  const { tokenizer, manifest, graph } = model;
  const { tokens, stop } = request;
  const tolerance = toleranceOf(manifest, graph.runtime.profile);
  const counts = { tokens: tokens.length, exact: 0, margin: 0 };
  const mismatch = (reason: string): ReplayResult => ({ value: "mismatch", ...counts, tolerance, reason });
  const tooLong = "The prompt and the tokens are longer than the model's context.";
  if (lengthOf(request) > manifest.contextLength * MAX_TOKEN_LENGTH) {
    return mismatch(tooLong);
  }
  const { places } = tokenizer.family;
  if (
    (request.prompt.context.length > 0 && !places.context) ||
    (request.prompt.path !== null && !places.path)
  ) {
    return mismatch("The prompt has parts that this model cannot take.");
  }
  const prompt = healPrompt(tokenizer, request.prompt);
  const cursor = cursorContextOf(request.prompt);
  if (prompt.ids.length + tokens.length > manifest.contextLength) {
    return mismatch(tooLong);
  }
  const contradiction = recompute(model, request, prompt, cursor);
  if (contradiction !== null) {
    return mismatch(contradiction);
  }

  // The model's opinion after the last token only matters where the model itself ended the answer.
  const compared = stop === "endOfText" ? [...tokens, END] : tokens;
  const decoding = new Decoding(tokenizer, prompt, cursor, "line", request.sampling.maxTokens, 0);
  const choose = stop === "doubt" ? weighedChoice : unweighedChoice;
  let certaintyBefore = 1;
  let notFirst = 0;
  const first = prompt.ids.length - 1;
  const input = [...prompt.ids, ...tokens].slice(0, first + compared.length);
  const unread = await prefill(sequence, input.slice(sequence.rewindTo(input, first), first), isCancelled);
  if (unread === null) {
    return null;
  }
  if (unread.length > WITH_ANSWER) {
    if (isCancelled()) {
      return null;
    }
    // Nobody asks for the logits of the prompt.
    await sequence.append(unread, "none");
  }
  while (sequence.length < input.length) {
    if (isCancelled()) {
      return null;
    }
    const start = sequence.length;
    const logits = await sequence.append(input.slice(start, start + CHUNK_TOKENS));
    for (let place = Math.max(start, first); place < sequence.length; place++) {
      const row = logits.subarray((place - start) * graph.vocabularySize).subarray(0, graph.vocabularySize);
      const index = place - first;
      const claimed = compared[index] === END ? likeliest(row, tokenizer.ends) : (compared[index] ?? -1);
      const at = `Token ${index + 1} of ${compared.length}`;
      if (!decoding.allows(claimed)) {
        return mismatch(`${at} is one that the decoder never takes there.`);
      }
      const choice = choose(row, decoding);
      const behind = choice.logit - (row[claimed] ?? Number.NEGATIVE_INFINITY);
      counts.margin = Math.max(counts.margin, behind);
      if (choice.id === claimed) {
        counts.exact += index < tokens.length ? 1 : 0;
      } else {
        notFirst += 1;
      }
      if (!(behind <= tolerance.margin) || (choice.id !== claimed && tolerance.notFirst === 0)) {
        return mismatch(`${at} is not what the model answers: it stands ${behind.toFixed(3)} behind.`);
      }
      if (notFirst > tolerance.notFirst) {
        return mismatch(`${notFirst} tokens are not the model's first choice; ${tolerance.notFirst} may be.`);
      }
      certaintyBefore = decoding.certainty;
      if (index < tokens.length) {
        decoding.push(claimed, choice.probability);
      }
    }
  }
  let isExact = notFirst === 0;
  if (stop === "doubt") {
    const gate = manifest.execution.confidenceGate;
    isExact &&= certaintyBefore >= gate && decoding.certainty < gate;
    // The margin is for the difference of two logits, and so for the logarithm of each token's probability.
    const factor = exponential(-tolerance.margin * tokens.length);
    if (certaintyBefore < gate * factor || decoding.certainty * factor >= gate) {
      return mismatch("The model does not begin to doubt at the last token.");
    }
  }
  return { value: isExact ? "exact" : "withinTolerance", ...counts, tolerance };
}

/** Where nobody asks how sure the model is. */
function unweighedChoice(row: Float32Array, decoding: Decoding): ReturnType<typeof weighedChoice> {
  return { ...firstChoice(row, decoding), probability: 1 };
}

/** UTF-16 code units of all that a claim would have us tokenize or decode. */
function lengthOf({ prompt, tokens, raw, displayed }: ReplayRequest): number {
  const context = prompt.context.reduce((sum, { path, text }) => sum + path.length + text.length, 0);
  const parts = [prompt.path ?? "", prompt.prefix, prompt.suffix, raw, displayed];
  return parts.reduce((sum, text) => sum + text.length, context + tokens.length);
}

/** The id with the largest logit, the smallest id among equals. */
function likeliest(row: Float32Array, ids: readonly number[]): number {
  const logit = (id: number): number => row[id] ?? Number.NEGATIVE_INFINITY;
  return [...ids].sort((a, b) => logit(b) - logit(a) || a - b)[0] ?? -1;
}

/** Everything that follows from the claim without running the model; a sentence for the first contradiction. */
function recompute(
  model: Model,
  request: ReplayRequest,
  prompt: HealedPrompt,
  cursor: CursorContext,
): string | null {
  const { tokenizer, manifestDigest } = model;
  const { profile } = model.graph.runtime;
  const { sampling, ordinal, stop, tokens } = request;
  if (ordinal !== 0) {
    return "Greedy decoding has one answer only, whose ordinal is 0.";
  }
  if (seedOf({ prompt: request.prompt, manifestDigest, profile, sampling, ordinal }) !== request.seed) {
    return "The seed does not follow from the prompt, the model and the sampling.";
  }
  if (tokenizer.decode(tokens) !== request.raw) {
    return "The raw text is not what the tokens spell.";
  }
  const lastLength = request.raw.length - tokenizer.decode(tokens.slice(0, -1)).length;
  const { start, end } = trim(request.raw, { cursor, healed: prompt.healed, stop, lastLength });
  if (request.raw.slice(start, end) !== request.displayed) {
    return "The displayed text is not the raw text as the trim chain cuts it.";
  }
  const extents: readonly Extent[] = cursor.block === null ? ["line"] : ["line", "block"];
  const stops = extents.some((extent) => {
    const decoding = new Decoding(tokenizer, prompt, cursor, extent, sampling.maxTokens, 0);
    return tokens.every((token, index) => {
      const reason = decoding.push(token, 1);
      if (index < tokens.length - 1 || stop === "endOfText") {
        return reason === null;
      }
      // Doubt comes before every other reason, and is compared where the model's probabilities are known.
      return stop === "doubt" || reason === stop;
    });
  });
  return stops && tokens.length > 0 ? null : `The decoder does not stop there for the reason "${stop}".`;
}
