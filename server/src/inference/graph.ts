import { type InferenceSession, Tensor } from "onnxruntime-common";
import type { ModelConfig } from "./modelConfig";
import { NATIVE, type Runtime } from "./runtime";

/** The key-value cache: one tensor of shape [1, heads, positions, size] for each of the graph's cache inputs. */
export type Cache = Readonly<Record<string, Tensor>>;

/**
 * A decoder graph with KV cache in the Optimum layout (`input_ids`, `attention_mask`, `position_ids`,
 * `past_key_values.*` in; `logits`, `present.*` out), run by one of the runtimes.
 */
export class Graph {
  private constructor(
    private readonly session: InferenceSession,
    private readonly config: ModelConfig,
    readonly runtime: Runtime,
  ) {}

  /** Loads a graph from bytes in memory; no file of the model is opened. */
  static async load(
    bytes: Uint8Array,
    config: ModelConfig,
    threads: number,
    runtime: Runtime = NATIVE,
  ): Promise<Graph> {
    const session = await runtime.load(bytes, threads);
    const graph = new Graph(session, config, runtime);
    const expected = ["input_ids", "attention_mask", "position_ids", ...Object.keys(graph.emptyCache())];
    const missing = expected.filter((name) => !session.inputNames.includes(name));
    const unknown = session.inputNames.filter((name) => !expected.includes(name));
    if (missing.length + unknown.length > 0) {
      throw new Error(
        `the graph's inputs are not those of its config: ${[...missing, ...unknown].join(", ")}`,
      );
    }
    return graph;
  }

  /** What fills up a group may stand beyond the last position that the model knows. */
  get #lastPosition(): number {
    return this.config.max_position_embeddings - 1;
  }

  get vocabularySize(): number {
    return this.config.vocab_size;
  }

  emptyCache(): Cache {
    const { num_hidden_layers: layers, num_key_value_heads: heads, head_dim: size } = this.config;
    const cache: Record<string, Tensor> = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ["key", "value"]) {
        cache[`past_key_values.${layer}.${part}`] = new Tensor("float32", new Float32Array(0), [
          1,
          heads,
          0,
          size,
        ]);
      }
    }
    return cache;
  }

  /**
   * Runs `ids` after the `length` tokens of the cache; the logits hold one row for each id. Under a runtime with
   * groups, both numbers are multiples of the group.
   */
  async run(
    ids: readonly number[],
    cache: Cache,
    length: number,
  ): Promise<{ logits: Float32Array; cache: Cache }> {
    const feeds = {
      ...cache,
      input_ids: integers(ids),
      attention_mask: integers(new Array<number>(length + ids.length).fill(1)),
      position_ids: integers(ids.map((_, index) => Math.min(length + index, this.#lastPosition))),
    };
    const outputs = await this.session.run(feeds);
    const next: Record<string, Tensor> = {};
    let logits: Float32Array | undefined;
    for (const [name, tensor] of Object.entries(outputs)) {
      if (name === "logits" && tensor.data instanceof Float32Array) logits = tensor.data;
      else next[name.replace(/^present\./, "past_key_values.")] = tensor;
    }
    if (logits?.length !== ids.length * this.vocabularySize) {
      throw new Error("the graph's logits do not have the size that its config says");
    }
    return { logits, cache: next };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

function integers(values: readonly number[]): Tensor {
  return new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
}
