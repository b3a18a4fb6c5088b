import { type InferenceSession, Tensor } from "onnxruntime-common";
import { type Cache, emptyCache } from "./cacheTensors";
import { type FeedInput, type GraphLayout, layoutOf } from "./layout";
import type { ModelConfig } from "./modelConfig";
import { NATIVE, type Runtime } from "./runtime";

/** A decoder graph with a key-value cache, in whatever layout it says that it has, run by one of the runtimes. */
export class Graph {
  /** The graph gives logits for the last position only, whatever it is asked. */
  #lastOnly = false;

  private constructor(
    private readonly session: InferenceSession,
    private readonly layout: GraphLayout,
    private readonly config: ModelConfig,
    readonly runtime: Runtime,
  ) {}

  /**
   * Loads a graph from bytes in memory; no file of the model is opened.
   *
   * @throws Error with the reason for a graph that is no decoder of text, or one that cannot be run here
   */
  static async load(
    bytes: Uint8Array,
    config: ModelConfig,
    threads: number,
    runtime: Runtime = NATIVE,
  ): Promise<Graph> {
    const session = await runtime.load(bytes, threads);
    try {
      const layout = layoutOf(session.inputMetadata, session.outputMetadata, config);
      return new Graph(session, layout, config, runtime);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /** What fills up a group may stand beyond the last position that the model knows. */
  get #lastPosition(): number {
    return this.config.max_position_embeddings - 1;
  }

  get vocabularySize(): number {
    return this.layout.vocabularySize;
  }

  emptyCache(): Cache {
    return emptyCache(this.layout);
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
    if (this.#lastOnly && ids.length > 1) return this.#runOneByOne(ids, cache, length);
    const answer = await this.#runAtOnce(ids, cache, length);
    const rows = answer.logits.length / this.vocabularySize;
    if (rows === ids.length) return answer;
    if (rows !== 1) throw new Error(`the graph's logits have ${rows} rows for ${ids.length} tokens`);
    for (const tensor of Object.values(answer.cache)) tensor.dispose();
    if (this.runtime.group > 1) {
      throw new Error("the graph gives logits for the last position only, which this profile cannot use");
    }
    this.#lastOnly = true;
    return this.#runOneByOne(ids, cache, length);
  }

  async #runOneByOne(
    ids: readonly number[],
    cache: Cache,
    length: number,
  ): Promise<{ logits: Float32Array; cache: Cache }> {
    const logits = new Float32Array(ids.length * this.vocabularySize);
    let current = cache;
    for (const [index, id] of ids.entries()) {
      const answer = await this.#runAtOnce([id], current, length + index);
      if (current !== cache) for (const tensor of Object.values(current)) tensor.dispose();
      current = answer.cache;
      logits.set(answer.logits, index * this.vocabularySize);
    }
    return { logits, cache: current };
  }

  async #runAtOnce(
    ids: readonly number[],
    cache: Cache,
    length: number,
  ): Promise<{ logits: Float32Array; cache: Cache }> {
    const feeds: Record<string, Tensor> = { ...cache };
    for (const input of this.layout.feeds) feeds[input.input] = this.#feed(input, ids, length);
    const { logits: name, cache: parts } = this.layout;
    const outputs = await this.session.run(feeds, [name, ...parts.map(({ present }) => present)]);
    const outputOf = (output: string): Tensor => {
      const tensor = outputs[output];
      if (tensor === undefined) throw new Error(`the graph gave no ${output}`);
      return tensor;
    };
    return {
      logits: floatsOf(outputOf(name)),
      cache: Object.fromEntries(parts.map(({ past, present }) => [past, outputOf(present)])),
    };
  }

  #feed({ feed, element, rank }: FeedInput, ids: readonly number[], length: number): Tensor {
    switch (feed) {
      case "ids":
        return row(element, ids);
      case "mask":
        return row(element, new Array<number>(length + ids.length).fill(1));
      case "positions":
        return row(
          element,
          ids.map((_, index) => Math.min(length + index, this.#lastPosition)),
        );
      case "useCache":
        return single(element, length > 0 ? 1 : 0, rank);
      case "logitsToKeep":
        // None means all.
        return single(element, 0, rank);
    }
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

function row(element: FeedInput["element"], values: readonly number[]): Tensor {
  return integers(element, values, [1, values.length]);
}

function single(element: FeedInput["element"], value: number, rank: number): Tensor {
  return integers(element, [value], new Array<number>(rank).fill(1));
}

function integers(
  element: FeedInput["element"],
  values: readonly number[],
  dimensions: readonly number[],
): Tensor {
  switch (element) {
    case "int64":
      return new Tensor("int64", BigInt64Array.from(values, BigInt), dimensions);
    case "int32":
      return new Tensor("int32", Int32Array.from(values), dimensions);
    case "bool":
      return new Tensor("bool", Uint8Array.from(values), dimensions);
  }
}

function floatsOf({ data, type }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  // Where the engine knows half-precision numbers, the runtime hands out an array of those.
  if (data instanceof Uint16Array) return Float32Array.from(data, (bits) => HALVES[bits] ?? Number.NaN);
  if (type === "float16" && ArrayBuffer.isView(data)) return Float32Array.from(data as Iterable<number>);
  throw new Error(`the graph's logits are ${type}`);
}

/** Every half-precision number (IEEE 754 binary16), by its bits. */
const HALVES: Float32Array = Float32Array.from({ length: 1 << 16 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
});
