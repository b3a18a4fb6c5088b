import { Tensor } from "onnxruntime-common";
import type { Cache, Graph } from "./graph";

/** A sequence of tokens that the graph has seen, with its cache, kept from one request to the next. */
export class Sequence {
  #tokens: number[] = [];
  /** Of the tokens in whole groups; those of a group that is not full are run again with the next ones. */
  #cache: Cache;
  #cached = 0;

  constructor(readonly graph: Graph) {
    this.#cache = graph.emptyCache();
  }

  get length(): number {
    return this.#tokens.length;
  }

  /** Keeps the longest beginning that the sequence shares with `ids`, at most `limit` tokens; returns its length. */
  rewindTo(ids: readonly number[], limit: number): number {
    let shared = 0;
    while (shared < Math.min(this.length, limit) && this.#tokens[shared] === ids[shared]) shared += 1;
    this.#tokens.length = shared;
    this.#keep(this.#cached);
    return shared;
  }

  /** Appends tokens and returns their logits, one row each. */
  async append(ids: readonly number[]): Promise<Float32Array> {
    const { group } = this.graph.runtime;
    const before = this.#tokens.slice(this.#cached);
    const run = [...before, ...ids];
    const padding = new Array<number>((group - (run.length % group)) % group).fill(ids.at(-1) ?? 0);
    const { logits, cache } = await this.graph.run([...run, ...padding], this.#cache, this.#cached);
    for (const tensor of Object.values(this.#cache)) tensor.dispose();
    this.#cache = cache;
    this.#tokens.push(...ids);
    this.#keep(this.#cached + run.length + padding.length);
    const { vocabularySize } = this.graph;
    return logits.subarray(before.length * vocabularySize, run.length * vocabularySize);
  }

  /** Cuts a cache of `length` positions back to the whole groups of the tokens. */
  #keep(length: number): void {
    this.#cached = Math.min(length, this.length - (this.length % this.graph.runtime.group));
    if (this.#cached === length) return;
    this.#cache = Object.fromEntries(
      Object.entries(this.#cache).map(([name, tensor]) => [name, firstPositions(tensor, this.#cached)]),
    );
  }
}

/** A copy of a cache tensor of shape [1, heads, positions, size] with its first positions only. */
function firstPositions(tensor: Tensor, positions: number): Tensor {
  const [, heads = 0, length = 0, size = 0] = tensor.dims;
  if (!(tensor.data instanceof Float32Array)) throw new Error("the key-value cache is not float32");
  const copy = new Float32Array(heads * positions * size);
  for (let head = 0; head < heads; head++) {
    const from = head * length * size;
    copy.set(tensor.data.subarray(from, from + positions * size), head * positions * size);
  }
  tensor.dispose();
  return new Tensor("float32", copy, [1, heads, positions, size]);
}
