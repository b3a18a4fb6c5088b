import { type Cache, firstPositions } from "./cacheTensors";
import type { Graph } from "./graph";

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
