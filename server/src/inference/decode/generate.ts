import type { Model } from "../engine/loadedModel";
import { type IsCancelled, prefill } from "../graph/prefill";
import type { Sequence } from "../graph/sequence";
import type { HealedPrompt } from "../prompt/heal";
import type { StopReason } from "../suggestion";
import { weighedChoice } from "./confidence";
import type { Decoding } from "./decoding";
import type { Draft, PromptLookup } from "./promptLookup";

/** What a greedy run of the model wrote. */
export interface Generation {
  readonly tokens: readonly number[];
  readonly probabilities: readonly number[];
  readonly stop: StopReason;
  /** Until the first token was known: what reading the prompt took. */
  readonly readingMilliseconds: number;
}

export interface GenerateOptions {
  /** The longest answer, in tokens, healed ones not counted. */
  readonly maxTokens: number;
  /** Drafts tokens, so that a run can check several; `null`: one token at a time. */
  readonly lookup: PromptLookup | null;
  readonly isCancelled: IsCancelled;
}

/**
 * Reads a prompt from where the sequence differs from it, and lets the model go on under the decoder's rules.
 *
 * @returns `null` when it was cancelled
 */
export async function generate(
  { graph, tokenizer }: Model,
  sequence: Sequence,
  prompt: HealedPrompt,
  decoding: Decoding,
  { maxTokens, lookup, isCancelled }: GenerateOptions,
): Promise<Generation | null> {
  const begun = performance.now();
  let readingMilliseconds = 0;
  const limit = maxTokens + prompt.healedTokens;
  const probabilities: number[] = [];
  const ended = (stop: StopReason): Generation => {
    lookup?.remember(decoding.tokens);
    return { tokens: decoding.tokens, probabilities, stop, readingMilliseconds };
  };
  lookup?.begin(prompt.ids, limit);
  // The last token of the prompt is always run: its logits give the first choice.
  const unread = prompt.ids.slice(sequence.rewindTo(prompt.ids, prompt.ids.length - 1));
  let pending = await prefill(sequence, unread, isCancelled);
  if (pending === null) {
    return null;
  }
  for (;;) {
    if (isCancelled()) {
      return null;
    }
    const isNext = decoding.tokens.length > 0;
    const draft = (isNext && lookup?.draft(limit - decoding.tokens.length - 1)) || NO_DRAFT;
    const started = performance.now();
    const logits = await sequence.append(
      [...pending, ...draft.tokens],
      draft.tokens.length === 0 ? "last" : "all",
    );
    if (isNext) {
      lookup?.ran(1 + draft.tokens.length, performance.now() - started);
    } else {
      readingMilliseconds = performance.now() - begun;
    }
    const rows = logits.length / graph.vocabularySize;
    for (let index = 0; index <= draft.tokens.length; index++) {
      const start = (rows - 1 - draft.tokens.length + index) * graph.vocabularySize;
      const choice = weighedChoice(logits.subarray(start, start + graph.vocabularySize), decoding);
      const isDrafted = choice.id === draft.tokens[index];
      if (!isDrafted) {
        lookup?.checked(draft, index);
      }
      if (tokenizer.ends.includes(choice.id)) {
        return ended("endOfText");
      }
      probabilities.push(choice.probability);
      const stop = decoding.push(choice.id, choice.probability);
      if (stop !== null) {
        return ended(stop);
      }
      lookup?.push(choice.id);
      if (isDrafted) {
        continue;
      }
      sequence.rewind(sequence.length - (draft.tokens.length - index));
      pending = [choice.id];
      break;
    }
  }
}

const NO_DRAFT: Draft = { tokens: [], match: 0 };
