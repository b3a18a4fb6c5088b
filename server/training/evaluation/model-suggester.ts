import { complete } from "../../src/inference/engine/complete";
import type { Trigger } from "../../src/inference/engine/engine";
import { loadModel, type Model } from "../../src/inference/engine/loadedModel";
import { Sequence } from "../../src/inference/graph/sequence";
import { cutPrompt, encodePrompt } from "../../src/inference/prompt/prompt";
import type { Cursor } from "./cursors";
import type { Suggester, Suggestion } from "./suggester";

/** Tokens that one answer may take. */
const MAX_TOKENS = { line: 40, midLine: 40, block: 128 } as const;

/** The pinned model, asked exactly as the language server asks it. */
export class ModelSuggester implements Suggester {
  readonly name: string;
  private readonly sequence: Sequence;

  /** @param length tokens that its prompts may take; as many as the model can hold where it is `null` */
  private constructor(
    readonly model: Model,
    private readonly length: number | null,
  ) {
    this.name = length === null ? "model" : `${length} tokens`;
    this.sequence = new Sequence(model.graph);
  }

  static async load(directory: string, threads: number): Promise<ModelSuggester> {
    return new ModelSuggester(await loadModel(directory, threads), null);
  }

  /** The same model with prompts of so many tokens at most. */
  withPrompts(length: number): ModelSuggester {
    return new ModelSuggester(this.model, length);
  }

  /** The gate of the model's pin. */
  get gate(): number {
    return this.model.manifest.execution.confidenceGate;
  }

  async suggest(cursor: Cursor, gate: number): Promise<Suggestion> {
    return {
      text: await this.answer(cursor, "explicit", 0),
      shown: await this.answer(cursor, "automatic", gate),
    };
  }

  /** What is shown automatically with another gate than the pin's. */
  async shown(cursor: Cursor, gate: number): Promise<string> {
    return this.answer(cursor, "automatic", gate);
  }

  private async answer(cursor: Cursor, trigger: Trigger, confidenceGate: number): Promise<string> {
    const { manifest } = this.model;
    const contextLength =
      this.length === null ? manifest.contextLength : this.length + MAX_TOKENS[cursor.kind];
    const execution = { ...manifest.execution, confidenceGate };
    const outcome = await complete(
      { ...this.model, manifest: { ...manifest, contextLength, execution } },
      this.sequence,
      {
        path: cursor.document.path,
        prefix: cursor.prefix,
        suffix: cursor.suffix,
        context: [],
        trigger,
        extent: cursor.kind === "block" ? "auto" : "line",
        maxTokens: MAX_TOKENS[cursor.kind],
      },
      () => false,
    );
    return outcome.kind === "nothing" ? "" : outcome.completion.displayed;
  }

  async bits(cursor: Cursor): Promise<number> {
    const { tokenizer, graph, manifest } = this.model;
    const answer = tokenizer.encode(cursor.expected);
    const prompt = cutPrompt(
      tokenizer,
      { path: cursor.document.path, prefix: cursor.prefix, suffix: cursor.suffix },
      Math.min(manifest.contextLength - answer.length, this.length ?? Number.POSITIVE_INFINITY),
    );
    const { before, prefix } = encodePrompt(tokenizer, prompt);
    const ids = [...before, ...prefix, ...answer];
    const logits = await graph.run(ids, graph.emptyCache());
    const size = graph.vocabularySize;
    let bits = 0;
    for (const [index, id] of answer.entries()) {
      const row = ids.length - answer.length + index - 1;
      bits += bitsOf(logits.subarray(row * size, (row + 1) * size), id);
    }
    return bits;
  }

  async release(): Promise<void> {
    await this.model.graph.release();
  }
}

/** Negative binary logarithm of the probability that `logits` give to `id`. */
function bitsOf(logits: Float32Array, id: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) {
    if (logit > largest) {
      largest = logit;
    }
  }
  let sum = 0;
  for (const logit of logits) {
    sum += Math.exp(logit - largest);
  }
  return (largest + Math.log(sum) - (logits[id] ?? 0)) / Math.LN2;
}
