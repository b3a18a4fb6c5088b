import { Tensor } from "onnxruntime-node";
import type { Cache, Graph } from "./graph";

/** A sequence of tokens that the graph has seen, with its cache, kept from one request to the next. */
export class Sequence {
  #tokens: number[] = [];
  #cache: Cache;

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
    if (shared < this.length) {
      this.#tokens.length = shared;
      this.#cache = Object.fromEntries(
        Object.entries(this.#cache).map(([name, tensor]) => [name, firstPositions(tensor, shared)]),
      );
    }
    return shared;
  }

  /** Appends tokens and returns their logits, one row each. */
  async append(ids: readonly number[]): Promise<Float32Array> {
    const { logits, cache } = await this.graph.run(ids, this.#cache, this.length);
    for (const tensor of Object.values(this.#cache)) tensor.dispose();
    this.#cache = cache;
    this.#tokens.push(...ids);
    return logits;
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
