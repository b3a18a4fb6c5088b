/** A binary heap of counted keys. */

/** @typedef {{ key: number, count: number }} Entry */

export class MaxHeap {
  /** @type {Entry[]} */
  #entries = [];

  /** @param {Entry[]} entries */
  constructor(entries) {
    for (const entry of entries) {
      this.push(entry);
    }
  }

  /** @param {Entry} entry */
  push(entry) {
    this.#entries.push(entry);
    let at = this.#entries.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(this.#entries[at], this.#entries[parent])) {
        break;
      }
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** @returns {Entry | undefined} the largest count, the smaller key among equals */
  pop() {
    const top = this.#entries[0];
    const last = this.#entries.pop();
    if (this.#entries.length === 0 || !last) {
      return top;
    }
    this.#entries[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const right = left + 1;
      let first = at;
      if (left < this.#entries.length && isBefore(this.#entries[left], this.#entries[first])) {
        first = left;
      }
      if (right < this.#entries.length && isBefore(this.#entries[right], this.#entries[first])) {
        first = right;
      }
      if (first === at) {
        return top;
      }
      this.#swap(at, first);
      at = first;
    }
  }

  /**
   * @param {number} a
   * @param {number} b
   */
  #swap(a, b) {
    [this.#entries[a], this.#entries[b]] = [this.#entries[b], this.#entries[a]];
  }
}

/**
 * @param {Entry} a
 * @param {Entry} b
 */
function isBefore(a, b) {
  return a.count !== b.count ? a.count > b.count : a.key < b.key;
}
