/** Longest context of a 5-gram. */
const CONTEXT = 4;

/** Positions of a suffix array whose tokens begin alike. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** What followed a context, and how often. */
interface Followers {
  readonly total: number;
  readonly counts: ReadonlyMap<number, number>;
}

/**
 * A 5-gram model over token ids. Its counts are not stored: a suffix array over the text finds every place where
 * a context occurs, and what follows there is counted when it is needed. Probabilities are interpolated after
 * Witten and Bell.
 */
export class FiveGrams {
  private readonly positions: Uint32Array;
  private readonly remembered = new Map<string, Followers>();

  /** @param ids a corpus; documents are best separated by an id of their own */
  constructor(
    readonly ids: Uint16Array,
    readonly vocabulary: number,
  ) {
    this.positions = sortedPositions(ids, vocabulary);
  }

  /** Probability of `id` after the last tokens of `history`. */
  probability(history: readonly number[], id: number): number {
    let probability = 1 / this.vocabulary;
    for (let length = 0; length <= Math.min(CONTEXT, history.length); length++) {
      const { total, counts } = this.followers(history.slice(history.length - length));
      if (total === 0) {
        break;
      }
      probability = ((counts.get(id) ?? 0) + counts.size * probability) / (total + counts.size);
    }
    return probability;
  }

  /** The most frequent token after the longest context that occurs, the smaller id among equals. */
  best(history: readonly number[]): number {
    for (let length = Math.min(CONTEXT, history.length); length >= 0; length--) {
      const { total, counts } = this.followers(history.slice(history.length - length));
      if (total === 0) {
        continue;
      }
      return [...counts].reduce((best, entry) =>
        entry[1] > best[1] || (entry[1] === best[1] && entry[0] < best[0]) ? entry : best,
      )[0];
    }
    return 0;
  }

  private followers(context: readonly number[]): Followers {
    const key = context.join(" ");
    const known = this.remembered.get(key);
    if (known !== undefined) {
      return known;
    }
    const { from, to } = this.find(context);
    const counts = new Map<number, number>();
    let total = 0;
    for (let at = from; at < to; ) {
      const id = this.idAt(at, context.length);
      const next = this.upperBound(at, to, context.length, id);
      if (id >= 0) {
        counts.set(id, next - at);
        total += next - at;
      }
      at = next;
    }
    const followers = { total, counts };
    this.remembered.set(key, followers);
    return followers;
  }

  private find(context: readonly number[]): Range {
    let range: Range = { from: 0, to: this.positions.length };
    for (const [depth, id] of context.entries()) {
      const from = this.upperBound(range.from, range.to, depth, id - 1);
      range = { from, to: this.upperBound(from, range.to, depth, id) };
    }
    return range;
  }

  /** The token `depth` places after the start of the suffix at `index`, or -1 past the end. */
  private idAt(index: number, depth: number): number {
    return this.ids[(this.positions[index] ?? 0) + depth] ?? -1;
  }

  /** The first index from `from` on whose token at `depth` is larger than `id`. */
  private upperBound(from: number, to: number, depth: number, id: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.idAt(middle, depth) <= id) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

/** Positions of a text in the order of the five tokens that begin there: a radix sort from the last to the first. */
function sortedPositions(ids: Uint16Array, vocabulary: number): Uint32Array {
  let order = Uint32Array.from({ length: ids.length }, (_, index) => index);
  let next = new Uint32Array(ids.length);
  for (let depth = CONTEXT; depth >= 0; depth--) {
    const starts = new Uint32Array(vocabulary + 2);
    const keyOf = (position: number): number => (ids[position + depth] ?? -1) + 1;
    for (const position of order) {
      starts[keyOf(position) + 1] = (starts[keyOf(position) + 1] ?? 0) + 1;
    }
    for (let key = 1; key < starts.length; key++) {
      starts[key] = (starts[key] ?? 0) + (starts[key - 1] ?? 0);
    }
    for (const position of order) {
      const key = keyOf(position);
      const slot = starts[key] ?? 0;
      next[slot] = position;
      starts[key] = slot + 1;
    }
    [order, next] = [next, order];
  }
  return order;
}
