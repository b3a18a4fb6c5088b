/**
 * Byte-level byte-pair encoding, read from a `tokenizer.json`.
 *
 * The server uses a general tokenizer library; this one only knows our layout and remembers every piece,
 * which makes it fast enough to encode a corpus of 150 MB.
 */

import fs from "node:fs";

/** How text is cut into pieces that merges never cross: a line break keeps the indentation after it. */
export const PIECES =
  "\\n+[ \\t]*|[^\\S\\n]?[\\p{L}_$]+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}_$]+|[^\\S\\n]+(?=[^\\S\\n])|[^\\S\\n]+|\\s+";

/** Pieces remembered by an encoder. */
const MEMORY = 1_000_000;

/**
 * GPT-2's table from bytes to printable characters.
 * @returns {string[]} 256 characters
 */
export function byteCharacters() {
  const printable = (/** @type {number} */ byte) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let extra = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : 256 + extra++),
  );
}

export class BytePairs {
  #ranks = new Map();
  #vocabulary;
  #characters = byteCharacters();
  #memory = new Map();
  #bytes = new TextEncoder();
  /** @type {string[]} */
  #strings = [];

  /** @param {string} file path of a tokenizer.json */
  constructor(file) {
    const json = JSON.parse(fs.readFileSync(file, "utf8"));
    this.#vocabulary = new Map(Object.entries(json.model.vocab));
    for (const [rank, [left, right]] of json.model.merges.entries()) {
      this.#ranks.set(`${left} ${right}`, rank);
    }
    for (const [string, id] of this.#vocabulary) {
      this.#strings[id] = string;
    }
    this.pattern = new RegExp(json.pre_tokenizer.pretokenizers[0].pattern.Regex, "gu");
    this.size = this.#vocabulary.size;
    /** @type {Record<string, number>} ids of the control tokens by their name without brackets */
    this.control = Object.fromEntries(
      json.added_tokens.map((/** @type {{ content: string, id: number }} */ each) => [
        each.content.slice(2, -2),
        each.id,
      ]),
    );
  }

  /**
   * @param {string} text
   * @returns {string[]}
   */
  pieces(text) {
    return text.match(this.pattern) ?? [];
  }

  /**
   * Ids of one piece.
   * @param {string} piece
   * @returns {number[]} shared with later calls: do not change
   */
  encodePiece(piece) {
    const known = this.#memory.get(piece);
    if (known) {
      return known;
    }
    let parts = Array.from(this.#bytes.encode(piece), (byte) => this.#characters[byte]);
    for (;;) {
      const best = this.#bestPair(parts);
      if (!best) {
        break;
      }
      parts = merge(parts, best[0], best[1]);
    }
    const ids = parts.map((part) => /** @type {number} */ (this.#vocabulary.get(part)));
    if (this.#memory.size < MEMORY) {
      this.#memory.set(piece, ids);
    }
    return ids;
  }

  /**
   * @param {string} text
   * @returns {number[]}
   */
  encode(text) {
    const ids = [];
    for (const piece of this.pieces(text)) {
      for (const id of this.encodePiece(piece)) {
        ids.push(id);
      }
    }
    return ids;
  }

  /**
   * Text of ids; control tokens have none.
   * @param {Iterable<number>} ids
   * @returns {string}
   */
  decode(ids) {
    const codes = new Map(this.#characters.map((character, byte) => [character, byte]));
    const controls = new Set(Object.values(this.control));
    const bytes = [];
    for (const id of ids) {
      if (!controls.has(id)) {
        for (const character of this.#strings[id]) {
          bytes.push(/** @type {number} */ (codes.get(character)));
        }
      }
    }
    return Buffer.from(bytes).toString("utf8");
  }

  /** @param {string[]} parts */
  #bestPair(parts) {
    let rank = Infinity;
    let at = -1;
    for (let index = 0; index + 1 < parts.length; index++) {
      const own = this.#ranks.get(`${parts[index]} ${parts[index + 1]}`);
      if (own !== undefined && own < rank) {
        [rank, at] = [own, index];
      }
    }
    return at < 0 ? undefined : [parts[at], parts[at + 1]];
  }
}

/**
 * @param {string[]} parts
 * @param {string} left
 * @param {string} right
 */
function merge(parts, left, right) {
  const merged = [];
  for (let index = 0; index < parts.length; index++) {
    if (parts[index] === left && parts[index + 1] === right) {
      merged.push(left + right);
      index++;
    } else {
      merged.push(parts[index]);
    }
  }
  return merged;
}
