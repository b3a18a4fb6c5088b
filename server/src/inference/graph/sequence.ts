import type { Graph, WantedRows } from "./graph";
import type { KvCache } from "./kvCache";

/** A sequence of tokens that the graph has seen, with its cache, kept from one request to the next. */
export class Sequence {
  private tokens: number[] = [];
  /** Of the tokens in whole groups; those of a group that is not full are run again with the next ones. */
  private cache: KvCache;

  constructor(readonly graph: Graph) {
    this.cache = graph.emptyCache();
  }

  get length(): number {
    return this.tokens.length;
  }

  /** Memory held, in bytes. */
  get bytes(): number {
    return this.cache.bytes;
  }

  /** Itself, as a pool of one. */
  take(): Sequence {
    return this;
  }

  /** How many tokens the sequence and `ids` share from the beginning. */
  sharedWith(ids: readonly number[]): number {
    let shared = 0;
    while (shared < Math.min(this.length, ids.length) && this.tokens[shared] === ids[shared]) {
      shared += 1;
    }
    return shared;
  }

  /** Keeps the longest beginning that the sequence shares with `ids`, at most `limit` tokens; returns its length. */
  rewindTo(ids: readonly number[], limit: number): number {
    this.rewind(Math.min(limit, this.sharedWith(ids)));
    return this.length;
  }

  /** Keeps the first `length` tokens. */
  rewind(length: number): void {
    if (length >= this.length) {
      return;
    }
    this.tokens.length = length;
    this.keepWholeGroups();
  }

  /** A sequence of its own with the first `length` tokens. */
  copy(length: number): Sequence {
    const copy = new Sequence(this.graph);
    copy.tokens = this.tokens.slice(0, length);
    copy.cache = this.cache.copy(length);
    copy.keepWholeGroups();
    return copy;
  }

  /**
   * Appends tokens and returns their logits, one row each.
   *
   * @param rows `last`: only the last row is wanted, and others may be missing; `none`: no row is
   */
  async append(ids: readonly number[], rows: WantedRows = "all"): Promise<Float32Array> {
    const { group } = this.graph.runtime;
    const before = this.tokens.slice(this.cache.positions);
    const run = [...before, ...ids];
    const padding = new Array<number>((group - (run.length % group)) % group).fill(ids.at(-1) ?? 0);
    const logits = await this.graph.run(
      [...run, ...padding],
      this.cache,
      padding.length > 0 && rows === "last" ? "all" : rows,
    );
    this.tokens.push(...ids);
    this.keepWholeGroups();
    if (rows === "none") {
      return logits;
    }
    const { vocabularySize } = this.graph;
    const end = logits.length - padding.length * vocabularySize;
    return logits.subarray(Math.max(0, end - ids.length * vocabularySize), end);
  }

  private keepWholeGroups(): void {
    this.cache.truncate(this.length - (this.length % this.graph.runtime.group));
  }
}
