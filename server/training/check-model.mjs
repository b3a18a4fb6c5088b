/**
 * Check an exported model against reference logits, and measure it.
 *
 *     node check-model.mjs MODEL_FOLDER [--time] [--threads N] [--report FILE]
 *
 * Prints, as JSON, the largest logit differences: one pass against the model's `reference.json` (float32 PyTorch), and
 * token by token against one pass. With `--time` also milliseconds for a prompt of 400 tokens and for each
 * further token, and megabytes of memory. Runs with nothing but onnxruntime-node, so that it can be started
 * under an emulator of another processor.
 */

import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import ort from "onnxruntime-node";

const PROMPT_TOKENS = 400;
const TIMED_TOKENS = 32;

/** The exported graph with its cache, fed with plain numbers. */
class Graph {
  /**
   * @param {ort.InferenceSession} session
   * @param {Record<string, number>} config
   */
  constructor(session, config) {
    this.session = session;
    this.config = config;
  }

  /**
   * @param {string} folder
   * @param {number} threads
   */
  static async load(folder, threads) {
    const config = JSON.parse(fs.readFileSync(path.join(folder, "config.json"), "utf8"));
    const options = {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: /** @type {const} */ ("all"),
    };
    return new Graph(
      await ort.InferenceSession.create(path.join(folder, "onnx", "model.onnx"), options),
      config,
    );
  }

  empty() {
    /** @type {Record<string, ort.Tensor>} */
    const cache = {};
    const { num_hidden_layers: layers, num_key_value_heads: heads, head_dim: width } = this.config;
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ["key", "value"]) {
        cache[`past_key_values.${layer}.${part}`] = new ort.Tensor("float32", new Float32Array(0), [
          1,
          heads,
          0,
          width,
        ]);
      }
    }
    return { cache, length: 0 };
  }

  /**
   * @param {number[]} ids
   * @param {{ cache: Record<string, ort.Tensor>, length: number }} past
   * @returns {Promise<{ rows: Float32Array[], past: { cache: Record<string, ort.Tensor>, length: number } }>}
   */
  async run(ids, past) {
    const integers = (/** @type {number[]} */ values) =>
      new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
    const length = past.length + ids.length;
    const outputs = await this.session.run({
      ...past.cache,
      input_ids: integers(ids),
      attention_mask: integers(new Array(length).fill(1)),
      position_ids: integers(ids.map((_, index) => past.length + index)),
    });
    const logits = /** @type {Float32Array} */ (outputs.logits.data);
    const size = this.config.vocab_size;
    const cache = Object.fromEntries(
      Object.entries(outputs)
        .filter(([name]) => name !== "logits")
        .map(([name, tensor]) => [name.replace("present", "past_key_values"), tensor]),
    );
    return {
      rows: ids.map((_, index) => logits.slice(index * size, (index + 1) * size)),
      past: { cache, length },
    };
  }
}

/**
 * @param {ArrayLike<number>} left
 * @param {ArrayLike<number>} right
 */
function largestDifference(left, right) {
  let largest = 0;
  for (let index = 0; index < left.length; index++) {
    largest = Math.max(largest, Math.abs(left[index] - right[index]));
  }
  return largest;
}

/**
 * @param {Graph} graph
 * @param {{ ids: number[], step: number, logits: Record<string, number[]> }} reference every `step`-th logit
 */
async function compare(graph, reference) {
  const onePass = (await graph.run(reference.ids, graph.empty())).rows;
  let againstReference = 0;
  for (const [position, logits] of Object.entries(reference.logits)) {
    againstReference = Math.max(
      againstReference,
      largestDifference(
        logits,
        onePass[Number(position)].filter((_, id) => id % reference.step === 0),
      ),
    );
  }
  let past = graph.empty();
  let tokenByToken = 0;
  for (const [position, id] of reference.ids.entries()) {
    const step = await graph.run([id], past);
    past = step.past;
    tokenByToken = Math.max(tokenByToken, largestDifference(step.rows[0], onePass[position]));
  }
  return { againstReference, tokenByToken };
}

/** @param {Graph} graph */
async function time(graph) {
  const ids = Array.from({ length: PROMPT_TOKENS }, (_, index) => 300 + ((index * 37) % 4000));
  let prompt = Infinity;
  let token = Infinity;
  for (let repeat = 0; repeat < 5; repeat++) {
    const start = performance.now();
    let { past } = await graph.run(ids, graph.empty());
    const middle = performance.now();
    for (let count = 0; count < TIMED_TOKENS; count++) {
      ({ past } = await graph.run([ids[count]], past));
    }
    prompt = Math.min(prompt, middle - start);
    token = Math.min(token, (performance.now() - middle) / TIMED_TOKENS);
  }
  const round = (/** @type {number} */ value) => Math.round(value * 100) / 100;
  return {
    promptMilliseconds: round(prompt),
    tokenMilliseconds: round(token),
    megabytes: Math.round(process.memoryUsage().rss / 1e6),
  };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    time: { type: "boolean" },
    threads: { type: "string", default: "2" },
    report: { type: "string" },
  },
});
const [folder] = positionals;
const graph = await Graph.load(folder, Number(values.threads));
const result = {
  ...(await compare(graph, JSON.parse(fs.readFileSync(path.join(folder, "reference.json"), "utf8")))),
  ...(values.time ? await time(graph) : {}),
};
console.log(JSON.stringify(result));
if (values.report) {
  fs.writeFileSync(values.report, `${JSON.stringify(result)}\n`);
}
