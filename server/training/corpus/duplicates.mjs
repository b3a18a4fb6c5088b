/** Remembers what it has seen, to leave out files that repeat it wholly or mostly. */

import { hash52 } from "../random.mjs";

/** Lines shorter than this, imports and comments say nothing about where a file comes from. */
const TELLING_LINE = 24;

/** A file is a near-duplicate when more of its telling lines than this were seen before. */
const NEAR_DUPLICATE_SHARE = 0.6;

export class DuplicateFilter {
  #files = new Set();
  #lines = new Set();

  /**
   * @param {string} text
   * @returns {'duplicate' | 'near-duplicate' | undefined} undefined for new text, which is then remembered
   */
  check(text) {
    const whole = hash52(text.replace(/\s+/g, ""));
    if (this.#files.has(whole)) {
      return "duplicate";
    }
    const hashes = text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line.length >= TELLING_LINE && !/^(\*|\/\/|import )/.test(line))
      .map(hash52);
    const seen = hashes.filter((hash) => this.#lines.has(hash)).length;
    if (hashes.length > 4 && seen / hashes.length > NEAR_DUPLICATE_SHARE) {
      return "near-duplicate";
    }
    this.#files.add(whole);
    for (const hash of hashes) {
      this.#lines.add(hash);
    }
    return undefined;
  }
}
