/** Learn byte-pair merges from the corpus and write `tokenizer.json`. */

import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { CONTROL_TOKENS, TOKENIZER } from "../settings.mjs";
import { byteCharacters, PIECES } from "./byte-pairs.mjs";
import { MaxHeap } from "./max-heap.mjs";

/** Longer pieces, such as rules of signs, teach nothing. */
const LONGEST_PIECE = 64;

/** A pair of token ids as one number. */
const PAIR_BASE = 1 << 20;

/**
 * @param {string} corpus
 * @param {number} sample code units to read
 * @returns {Promise<Map<string, number>>} how often each piece occurs
 */
async function countPieces(corpus, sample) {
  const pattern = new RegExp(PIECES, "gu");
  const counts = new Map();
  let read = 0;
  for await (const line of readline.createInterface({ input: fs.createReadStream(corpus) })) {
    const { text } = JSON.parse(line);
    for (const piece of text.match(pattern) ?? []) {
      counts.set(piece, (counts.get(piece) ?? 0) + 1);
    }
    read += text.length;
    if (read > sample) {
      break;
    }
  }
  return counts;
}

/**
 * Merge the most frequent pair until the vocabulary is full; ties go to the pair with the smaller ids.
 * @param {Map<string, number>} counts
 * @param {number} size
 * @returns {{ vocabulary: string[], merges: [string, string][] }}
 */
export function learnMerges(counts, size) {
  const characters = byteCharacters();
  const vocabulary = [
    ...CONTROL_TOKENS,
    ...[...characters].sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0)),
  ];
  const idOfByte = characters.map((character) => vocabulary.indexOf(character, CONTROL_TOKENS.length));
  const encoder = new TextEncoder();
  /** @type {{ ids: number[], count: number }[]} */
  const words = [];
  for (const [piece, count] of counts) {
    if (count > 1 && piece.length <= LONGEST_PIECE) {
      words.push({ ids: Array.from(encoder.encode(piece), (byte) => idOfByte[byte]), count });
    }
  }
  /** @type {Map<number, { count: number, words: Set<number> }>} */
  const pairs = new Map();
  const add = (/** @type {number} */ word, /** @type {number} */ sign) => {
    const { ids, count } = words[word];
    for (let index = 0; index + 1 < ids.length; index++) {
      const key = ids[index] * PAIR_BASE + ids[index + 1];
      const pair = pairs.get(key) ?? { count: 0, words: new Set() };
      pairs.set(key, pair);
      pair.count += sign * count;
      if (sign > 0) {
        pair.words.add(word);
      }
    }
    return ids;
  };
  for (const word of words.keys()) {
    add(word, 1);
  }
  const heap = new MaxHeap([...pairs].map(([key, { count }]) => ({ key, count })));
  /** @type {[string, string][]} */
  const merges = [];
  while (vocabulary.length < size) {
    const top = heap.pop();
    if (!top) {
      break;
    }
    const pair = pairs.get(top.key);
    if (!pair || pair.count <= 0) {
      continue;
    }
    if (pair.count !== top.count) {
      heap.push({ key: top.key, count: pair.count });
      continue;
    }
    const [left, right] = [Math.floor(top.key / PAIR_BASE), top.key % PAIR_BASE];
    const merged = vocabulary.push(vocabulary[left] + vocabulary[right]) - 1;
    merges.push([vocabulary[left], vocabulary[right]]);
    const changed = new Set();
    for (const word of [...pair.words]) {
      add(word, -1);
      words[word].ids = mergePair(words[word].ids, left, right, merged);
      const ids = add(word, 1);
      for (let index = 0; index + 1 < ids.length; index++) {
        if (ids[index] === merged || ids[index + 1] === merged) {
          changed.add(ids[index] * PAIR_BASE + ids[index + 1]);
        }
      }
    }
    pairs.delete(top.key);
    for (const key of changed) {
      heap.push({ key, count: pairs.get(key)?.count ?? 0 });
    }
  }
  return { vocabulary, merges };
}

/**
 * @param {number[]} ids
 * @param {number} left
 * @param {number} right
 * @param {number} merged
 */
function mergePair(ids, left, right, merged) {
  const result = [];
  for (let index = 0; index < ids.length; index++) {
    if (ids[index] === left && ids[index + 1] === right) {
      result.push(merged);
      index++;
    } else {
      result.push(ids[index]);
    }
  }
  return result;
}

/**
 * @param {{ vocabulary: string[], merges: [string, string][] }} learned
 * @returns {object} Hugging Face's description of the tokenizer
 */
function tokenizerJson({ vocabulary, merges }) {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  const control = (/** @type {string} */ content, /** @type {number} */ id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: CONTROL_TOKENS.map(control),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: PIECES }, behavior: "Isolated", invert: false },
        byteLevel,
      ],
    },
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.map((string, id) => [string, id])),
      merges,
    },
  };
}

/** @param {number} context */
export function tokenizerConfig(context) {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: context,
    eos_token: "<|endoftext|>",
    pad_token: "<|fim_pad|>",
    bos_token: null,
    unk_token: null,
    clean_up_tokenization_spaces: false,
    add_prefix_space: false,
  };
}

/**
 * @param {{ corpus: string, folder: string }} options
 */
export async function learnTokenizer({ corpus, folder }) {
  const learned = learnMerges(await countPieces(corpus, TOKENIZER.sample), TOKENIZER.vocabulary);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "tokenizer.json"), JSON.stringify(tokenizerJson(learned)));
  return learned.vocabulary.length;
}
