import { confidenceOf } from "../decode/confidence";
import { Decoding, type Extent } from "../decode/decoding";
import { generate } from "../decode/generate";
import type { PromptLookup } from "../decode/promptLookup";
import { seedOf } from "../decode/seed";
import type { IsCancelled } from "../graph/prefill";
import type { Sequence } from "../graph/sequence";
import type { SequencePool } from "../graph/sequencePool";
import { choosePrompt } from "../prompt/choosePrompt";
import { type CursorContext, cursorContextOf } from "../prompt/cursorContext";
import type { Prompt, Sampling, StopReason } from "../suggestion";
import { trim } from "../trim";
import { Harmless } from "../trim/harmless";
import type { CompletionOutcome, CompletionRequest, NothingReason } from "./engine";
import { LatencyBudget } from "./latencyBudget";
import type { Model } from "./loadedModel";

/** A beginning shorter than this (visible UTF-16 code units) is sooner typed than read. */
const MIN_DOUBTFUL_LENGTH = 3;

/** What makes answers come sooner. */
export interface CompletionAids {
  /** Drafts tokens, which makes no difference to the answer; `null`: none are drafted. */
  readonly lookup?: PromptLookup | null;
  /** Says how much of a prompt can be read in the time that a request gives. */
  readonly budget?: LatencyBudget;
}

/** The most tokens that an answer and its prompt may take. */
export function roomFor(
  { manifest }: Pick<Model, "manifest">,
  wanted: Pick<CompletionRequest, "maxTokens">,
): { readonly maxTokens: number; readonly promptTokens: number } {
  const maxTokens = Math.min(wanted.maxTokens, Math.floor(manifest.contextLength / 2));
  return { maxTokens, promptTokens: manifest.contextLength - maxTokens };
}

/**
 * Answers one request. Sequences keep what they have seen: a prompt that begins as an earlier one did is only read
 * from where it differs.
 */
export async function complete(
  model: Model,
  sequences: Sequence | SequencePool,
  request: CompletionRequest,
  isCancelled: IsCancelled,
  { lookup = null, budget = new LatencyBudget(model.graph.pace) }: CompletionAids = {},
): Promise<CompletionOutcome> {
  const started = performance.now();
  const { manifest, manifestDigest, tokenizer } = model;
  const { maxTokens, promptTokens } = roomFor(model, request);
  const sampling: Sampling = { method: "greedy", maxTokens };
  const readable = budget.readableTokens(request.withinMilliseconds);
  const chosen = choosePrompt(tokenizer, request, promptTokens, readable, sequences);
  const { prompt, healed: healedPrompt } = chosen;
  const cursor = cursorContextOf(prompt);
  const gate = request.trigger === "automatic" ? manifest.execution.confidenceGate : 0;
  const decoding = new Decoding(tokenizer, healedPrompt, cursor, extentOf(request, cursor), maxTokens, gate);
  const generation = await generate(model, sequences.take(healedPrompt.ids), healedPrompt, decoding, {
    maxTokens,
    lookup,
    isCancelled,
  });
  if (generation === null) {
    return { kind: "nothing", reason: "cancelled", confidence: 0 };
  }

  budget.answered(performance.now() - started - generation.readingMilliseconds);

  const { tokens, probabilities, stop } = generation;
  const raw = tokenizer.decode(tokens);
  const lengths = tokens.map((_, index) => tokenizer.decode(tokens.slice(0, index + 1)).length);
  const lastLength = raw.length - (lengths.at(-2) ?? 0);
  const range = trim(raw, { cursor, healed: healedPrompt.healed, stop, lastLength });
  const confidence = confidenceOf(probabilities, lengths, range);
  const nothing = (reason: NothingReason): CompletionOutcome => ({ kind: "nothing", reason, confidence });
  if (range.end === range.start) {
    return nothing(reasonForNothing(stop));
  }
  const displayed = raw.slice(range.start, range.end);
  if (request.trigger === "automatic") {
    if (confidence < gate || (stop === "doubt" && visibleLength(displayed) < MIN_DOUBTFUL_LENGTH)) {
      return nothing("lowConfidence");
    }
    if (repeatsLineAbove(displayed, prompt)) {
      return nothing("repetition");
    }
  }
  // The chain saw no more of the document than the model did.
  if (!new Harmless(request, false).is(displayed)) {
    return nothing("harm");
  }
  const ordinal = 0;
  const { profile } = model.graph.runtime;
  return {
    kind: "completion",
    completion: {
      profile,
      prompt,
      tokens,
      raw,
      displayed,
      sampling,
      ordinal,
      seed: seedOf({ prompt, manifestDigest, profile, sampling, ordinal }),
      stop,
      confidence,
      promptTokens: healedPrompt.ids.length,
      milliseconds: performance.now() - started,
    },
  };
}

function reasonForNothing(stop: StopReason): NothingReason {
  switch (stop) {
    case "repetition":
      return "repetition";
    case "doubt":
      return "lowConfidence";
    case "endOfText":
    case "line":
    case "block":
    case "length":
      return "empty";
  }
}

function visibleLength(text: string): number {
  return text.replaceAll(/\s/g, "").length;
}

function extentOf(request: CompletionRequest, cursor: CursorContext): Extent {
  return request.extent === "auto" && cursor.block !== null ? "block" : "line";
}

/** The most common mistake of a small model: it repeats the line above. */
function repeatsLineAbove(displayed: string, { prefix }: Prompt): boolean {
  const lines = `${prefix}${displayed.split("\n")[0]}`.split("\n").map((line) => line.trim());
  const last = lines.pop() ?? "";
  return last !== "" && lines.findLast((line) => line !== "") === last;
}
