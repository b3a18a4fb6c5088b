/** The embedded model as GGUF: the numbers of its ONNX file, under the names that llama.cpp gives them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { halfBits } from "../../support/models/onnx";
import { GGUF_BLOCK, type GgufTensor, type MetadataValue, writeGguf } from "./gguf";
import { type Initializer, readInitializers } from "./onnxInitializers";

const LlamaConfig = z.object({
  vocab_size: z.number(),
  hidden_size: z.number(),
  num_hidden_layers: z.number(),
  num_attention_heads: z.number(),
  num_key_value_heads: z.number(),
  head_dim: z.number(),
  intermediate_size: z.number(),
  max_position_embeddings: z.number(),
  rope_theta: z.number(),
  rms_norm_eps: z.number(),
  eos_token_id: z.number(),
});
type LlamaConfig = z.infer<typeof LlamaConfig>;

const Vocabulary = z.object({
  added_tokens: z.array(z.object({ id: z.number(), content: z.string() })),
  model: z.object({
    vocab: z.record(z.string(), z.number()),
    merges: z.array(z.tuple([z.string(), z.string()])),
  }),
});

/** A matrix of `rows` (outputs) by `columns` (inputs), row after row. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/**
 * Writes the model in `folder`.
 *
 * `F32` holds exactly the numbers with which our graph computes after it restored its 8-bit rows. `Q8_0` has a scale
 * for every 32 values, not for a whole row, so it rounds them once more.
 */
export function writeEmbeddedModel(folder: string, path: string, type: "F32" | "Q8_0"): void {
  const config = LlamaConfig.parse(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")));
  const weights = readInitializers(readFileSync(join(folder, "onnx", "model.onnx")));
  writeGguf(path, metadata(folder, config), tensors(config, weights, type));
}

function metadata(folder: string, config: LlamaConfig): Record<string, MetadataValue> {
  const { model, added_tokens } = Vocabulary.parse(
    JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")),
  );
  const names = new Array<string>(config.vocab_size).fill("");
  for (const [name, id] of Object.entries(model.vocab)) {
    names[id] = name;
  }
  for (const { content, id } of added_tokens) {
    names[id] = content;
  }
  const control = new Set(added_tokens.map(({ id }) => id));
  return {
    "general.architecture": { text: "llama" },
    "general.name": { text: "proofline-code" },
    "llama.context_length": { uint32: config.max_position_embeddings },
    "llama.embedding_length": { uint32: config.hidden_size },
    "llama.block_count": { uint32: config.num_hidden_layers },
    "llama.feed_forward_length": { uint32: config.intermediate_size },
    "llama.attention.head_count": { uint32: config.num_attention_heads },
    "llama.attention.head_count_kv": { uint32: config.num_key_value_heads },
    "llama.attention.layer_norm_rms_epsilon": { float32: config.rms_norm_eps },
    "llama.rope.dimension_count": { uint32: config.head_dim },
    "llama.rope.freq_base": { float32: config.rope_theta },
    "llama.vocab_size": { uint32: config.vocab_size },
    "tokenizer.ggml.model": { text: "gpt2" },
    "tokenizer.ggml.pre": { text: "gpt-2" },
    "tokenizer.ggml.tokens": { texts: names },
    // 3: control, 1: normal.
    "tokenizer.ggml.token_type": { int32s: names.map((_, id) => (control.has(id) ? 3 : 1)) },
    "tokenizer.ggml.merges": { texts: model.merges.map((pair) => pair.join(" ")) },
    "tokenizer.ggml.eos_token_id": { uint32: config.eos_token_id },
  };
}

function tensors(
  config: LlamaConfig,
  weights: ReadonlyMap<string, Initializer>,
  type: "F32" | "Q8_0",
): GgufTensor[] {
  const { head_dim: size, num_attention_heads: heads, num_key_value_heads: sharedHeads } = config;
  const queries = heads * size;
  const keys = sharedHeads * size;
  const found = [matrix("token_embd.weight", restored(weights, "embedding.weight", "rows"), type)];
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const ours = `blocks.${layer}`;
    const theirs = `blk.${layer}`;
    const joined = restored(weights, `${ours}.qkv.weight`, "columns");
    const both = restored(weights, `${ours}.gate_up.weight`, "columns");
    found.push(
      vector(`${theirs}.attn_norm.weight`, weights, `${ours}.attention_norm.weight`),
      matrix(`${theirs}.attn_q.weight`, interleaved(rowsOf(joined, 0, queries), size), type),
      matrix(`${theirs}.attn_k.weight`, interleaved(rowsOf(joined, queries, keys), size), type),
      matrix(`${theirs}.attn_v.weight`, rowsOf(joined, queries + keys, keys), type),
      matrix(`${theirs}.attn_output.weight`, restored(weights, `${ours}.out.weight`, "columns"), type),
      vector(`${theirs}.ffn_norm.weight`, weights, `${ours}.mlp_norm.weight`),
      matrix(`${theirs}.ffn_gate.weight`, rowsOf(both, 0, config.intermediate_size), type),
      matrix(
        `${theirs}.ffn_up.weight`,
        rowsOf(both, config.intermediate_size, config.intermediate_size),
        type,
      ),
      matrix(`${theirs}.ffn_down.weight`, restored(weights, `${ours}.down.weight`, "columns"), type),
    );
  }
  found.push(vector("output_norm.weight", weights, "final_norm.weight"));
  return found;
}

function initializer(weights: ReadonlyMap<string, Initializer>, name: string, element: number): Initializer {
  const found = weights.get(name);
  if (found?.element !== element) {
    throw new Error(`the embedded model has no ${name} of the expected type`);
  }
  return found;
}

/** int8 values times their scale, one scale for each output; `outputs` says which axis those are. */
function restored(
  weights: ReadonlyMap<string, Initializer>,
  name: string,
  outputs: "rows" | "columns",
): Matrix {
  const { dimensions, content } = initializer(weights, name, 3);
  const scales = floats(initializer(weights, `${name}.scale`, 1));
  const codes = new Int8Array(content.buffer);
  const [first = 0, second = 0] = dimensions;
  const [rows, columns] = outputs === "rows" ? [first, second] : [second, first];
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const code = codes[outputs === "rows" ? row * columns + column : column * rows + row] ?? 0;
      values[row * columns + column] = code * (scales[row] ?? 0);
    }
  }
  return { rows, columns, values };
}

function floats({ content }: Initializer): Float32Array {
  return new Float32Array(content.buffer);
}

function rowsOf({ columns, values }: Matrix, start: number, rows: number): Matrix {
  return { rows, columns, values: values.subarray(start * columns, (start + rows) * columns) };
}

/**
 * Our rotary positions turn value i of a head with value i + half; llama.cpp's Llama turns neighbours. So the rows of
 * each head are reordered: first of the first half, first of the second, and so on.
 */
function interleaved({ rows, columns, values }: Matrix, size: number): Matrix {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const inHead = row % size;
    const source = row - inHead + Math.floor(inHead / 2) + (inHead % 2) * (size / 2);
    turned.set(values.subarray(source * columns, (source + 1) * columns), row * columns);
  }
  return { rows, columns, values: turned };
}

function vector(name: string, weights: ReadonlyMap<string, Initializer>, source: string): GgufTensor {
  const { dimensions, content } = initializer(weights, source, 1);
  return { name, type: "F32", dimensions, make: () => content };
}

function matrix(name: string, { rows, columns, values }: Matrix, type: "F32" | "Q8_0"): GgufTensor {
  const make = (): Uint8Array =>
    type === "F32"
      ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      : quantizedBlocks(values);
  return { name, type, dimensions: [rows, columns], make };
}

/** `Q8_0`: of every 32 values the largest magnitude becomes 127. */
function quantizedBlocks(values: Float32Array): Uint8Array {
  const stride = 2 + GGUF_BLOCK;
  const content = new Uint8Array((values.length / GGUF_BLOCK) * stride);
  const view = new DataView(content.buffer);
  for (let block = 0; block < values.length / GGUF_BLOCK; block++) {
    const of = values.subarray(block * GGUF_BLOCK, (block + 1) * GGUF_BLOCK);
    const scale = of.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
    view.setUint16(block * stride, halfBits(scale), true);
    for (const [index, value] of of.entries()) {
      view.setInt8(block * stride + 2 + index, scale === 0 ? 0 : Math.round(value / scale));
    }
  }
  return content;
}
