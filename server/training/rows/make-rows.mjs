/**
 * Turn a corpus file into training rows.
 *
 * `NAME.bin`: little-endian uint16 ids, `context + 1` per row, padded with the padding token. Where asked for,
 * `NAME.mid` beside it holds one byte per id, 1 for the tokens of an answer.
 */

import fs from "node:fs";
import readline from "node:readline";
import { seededRandom, shuffle } from "../random.mjs";
import { SEED } from "../settings.mjs";
import { BytePairs } from "../tokenizer/byte-pairs.mjs";
import { packRows } from "./pack-rows.mjs";
import { ANSWER, samplesOf } from "./samples.mjs";

/** Documents whose samples are mixed before they are packed; bounds the memory. */
const MIXED_DOCUMENTS = 6000;

/**
 * @param {object} options
 * @param {string} options.tokenizer path of tokenizer.json
 * @param {string} options.corpus path of a .jsonl
 * @param {string} options.output path of the .bin
 * @param {number} options.context tokens a model sees
 * @param {number} [options.seed]
 * @param {number} [options.middles] share of fill-in-the-middle samples
 * @param {boolean} [options.mark] whether to write which tokens are answers
 * @returns {Promise<{ rows: number, tokens: number, characters: number }>}
 */
export async function makeRows({
  tokenizer: tokenizerFile,
  corpus,
  output,
  context,
  seed = SEED,
  middles,
  mark = false,
}) {
  const tokenizer = new BytePairs(tokenizerFile);
  const random = seededRandom(seed);
  const length = context + 1;
  const documents = await readDocuments(corpus);
  /** @type {Map<string, import('../corpus/build-corpus.mjs').Document[]>} */
  const byFolder = new Map();
  for (const each of documents) {
    const key = folderKey(each);
    byFolder.set(key, [...(byFolder.get(key) ?? []), each]);
  }
  const rows = fs.openSync(output, "w");
  const marks = mark ? fs.openSync(output.replace(/\.bin$/, ".mid"), "w") : undefined;
  let count = 0;
  let tokens = 0;
  let characters = 0;
  for (let first = 0; first < documents.length; first += MIXED_DOCUMENTS) {
    const samples = [];
    for (const document of documents.slice(first, first + MIXED_DOCUMENTS)) {
      const neighbours = (byFolder.get(folderKey(document)) ?? []).filter((other) => other !== document);
      samples.push(...samplesOf({ document, neighbours, tokenizer, length, random, middleShare: middles }));
      characters += document.text.length;
    }
    for (const row of shuffle([...packRows(shuffle(samples, random), length)], random)) {
      fs.writeSync(rows, rowBytes(row, length, tokenizer.control.fim_pad));
      if (marks !== undefined) {
        fs.writeSync(
          marks,
          Uint8Array.from({ length }, (_, index) => (row[index] >= ANSWER ? 1 : 0)),
        );
      }
      count++;
      tokens += row.length;
    }
  }
  fs.closeSync(rows);
  if (marks !== undefined) {
    fs.closeSync(marks);
  }
  return { rows: count, tokens, characters };
}

/**
 * Files of one folder of a package share names and types: they are each other's context.
 * @param {import('../corpus/build-corpus.mjs').Document} document
 */
function folderKey(document) {
  return `${document.package}/${document.path.slice(0, document.path.lastIndexOf("/") + 1)}`;
}

/** @param {string} file */
async function readDocuments(file) {
  /** @type {import('../corpus/build-corpus.mjs').Document[]} */
  const documents = [];
  for await (const line of readline.createInterface({ input: fs.createReadStream(file) })) {
    documents.push(JSON.parse(line));
  }
  return documents;
}

/**
 * @param {number[]} row
 * @param {number} length
 * @param {number} padding
 */
function rowBytes(row, length, padding) {
  const ids = new Uint16Array(length).fill(padding);
  for (const [index, id] of row.entries()) {
    ids[index] = id & (ANSWER - 1);
  }
  return Buffer.from(ids.buffer);
}
