/** A model of the size of Qwen2.5-Coder-0.5B with random weights, as ONNX and as GGUF with the same numbers. */
import { join } from "node:path";
import { ARCHITECTURES, QWEN_HALF_BILLION, type Size } from "../../support/models/decoder";
import { writeModelFolder } from "../../support/models/modelFolder";
import { halfBits } from "../../support/models/onnx";
import { quantizedMatrix, Random } from "../../support/models/randomWeights";
import { GGUF_BLOCK, type GgufTensor, type MetadataValue, writeGguf } from "./gguf";

export type Bits = 8 | 4;

const SEED = 1;
const SIZE: Size = { ...QWEN_HALF_BILLION, context: 2048 };

/** As the generator of ONNX graphs has them. */
const ROPE_BASE = 10_000;
const EPSILON = 1e-5;
const BIAS_DEVIATION = 0.1;
const NORM_DEVIATION = 0.1;

/** ONNX as onnxruntime's model builder writes it: GroupQueryAttention, MatMulNBits in blocks of 32. */
export function writeQwenOnnx(folder: string, bits: Bits): void {
  writeModelFolder(folder, {
    architecture: ARCHITECTURES.qwen2,
    family: "qwen2.5-coder/v1",
    size: SIZE,
    seed: SEED,
    graph: join("onnx", "model.onnx"),
    export: { layout: "genai", weights: bits, float: "float32", logitsToKeep: true, accuracyLevel: 4 },
  });
}

/** GGUF with the same weights: `Q8_0`, or `Q4_0` with the embedding in `Q8_0`. */
export function writeQwenGguf(path: string, bits: Bits): void {
  const { hidden, heads, keyValueHeads, headSize, intermediate, layers, vocabulary } = SIZE;
  const tensors = [matrix("token_embd.weight", "model.embed_tokens", vocabulary, hidden, 8)];
  for (let layer = 0; layer < layers; layer++) {
    const ours = `model.layers.${layer}`;
    const theirs = `blk.${layer}`;
    const projections = [
      ["q", heads * headSize],
      ["k", keyValueHeads * headSize],
      ["v", keyValueHeads * headSize],
    ] as const;
    tensors.push(
      norm(`${theirs}.attn_norm.weight`, `${ours}.input_layernorm.weight`),
      ...projections.flatMap(([part, rows]) => [
        matrix(`${theirs}.attn_${part}.weight`, `${ours}.self_attn.${part}_proj`, rows, hidden, bits),
        vector(`${theirs}.attn_${part}.bias`, `${ours}.self_attn.${part}_proj.bias`, rows, BIAS_DEVIATION, 0),
      ]),
      matrix(`${theirs}.attn_output.weight`, `${ours}.self_attn.o_proj`, hidden, heads * headSize, bits),
      norm(`${theirs}.ffn_norm.weight`, `${ours}.post_attention_layernorm.weight`),
      matrix(`${theirs}.ffn_gate.weight`, `${ours}.mlp.gate_proj`, intermediate, hidden, bits),
      matrix(`${theirs}.ffn_up.weight`, `${ours}.mlp.up_proj`, intermediate, hidden, bits),
      matrix(`${theirs}.ffn_down.weight`, `${ours}.mlp.down_proj`, hidden, intermediate, bits),
    );
  }
  tensors.push(norm("output_norm.weight", "model.norm.weight"));
  writeGguf(path, metadata(), tensors);
}

function metadata(): Record<string, MetadataValue> {
  const names = Array.from({ length: SIZE.vocabulary }, (_, id) => `t${id}`);
  return {
    "general.architecture": { text: "qwen2" },
    "general.name": { text: "random-weights" },
    "qwen2.context_length": { uint32: SIZE.context },
    "qwen2.embedding_length": { uint32: SIZE.hidden },
    "qwen2.block_count": { uint32: SIZE.layers },
    "qwen2.feed_forward_length": { uint32: SIZE.intermediate },
    "qwen2.attention.head_count": { uint32: SIZE.heads },
    "qwen2.attention.head_count_kv": { uint32: SIZE.keyValueHeads },
    "qwen2.attention.layer_norm_rms_epsilon": { float32: EPSILON },
    "qwen2.rope.freq_base": { float32: ROPE_BASE },
    // Only ids are ever given, so the vocabulary's texts mean nothing.
    "tokenizer.ggml.model": { text: "gpt2" },
    "tokenizer.ggml.pre": { text: "qwen2" },
    "tokenizer.ggml.tokens": { texts: names },
    "tokenizer.ggml.token_type": { int32s: names.map(() => 1) },
    "tokenizer.ggml.merges": { texts: ["t 0"] },
    "tokenizer.ggml.eos_token_id": { uint32: SIZE.vocabulary - 1 },
  };
}

function norm(name: string, source: string): GgufTensor {
  return vector(name, source, SIZE.hidden, NORM_DEVIATION, 1);
}

function vector(name: string, source: string, length: number, deviation: number, mean: number): GgufTensor {
  const make = (): Uint8Array =>
    new Uint8Array(new Random(SEED, source).floats(length, deviation, mean).buffer);
  return { name, type: "F32", dimensions: [length], make };
}

function matrix(name: string, source: string, rows: number, columns: number, bits: Bits): GgufTensor {
  const { codes, scales } = quantizedMatrix(SEED, source, rows, columns, bits);
  const make = (): Uint8Array => (bits === 8 ? blocksOf8(codes(), scales()) : blocksOf4(codes(), scales()));
  return { name, type: bits === 8 ? "Q8_0" : "Q4_0", dimensions: [rows, columns], make };
}

/** Codes from 0 to 255 stand for -128 to 127. */
export function blocksOf8(codes: Uint8Array, scales: Float32Array): Uint8Array {
  const stride = 2 + GGUF_BLOCK;
  const content = new Uint8Array(scales.length * stride);
  for (let block = 0; block < scales.length; block++) {
    writeScale(content, block * stride, scales[block] ?? 0);
    for (let index = 0; index < GGUF_BLOCK; index++) {
      content[block * stride + 2 + index] = (codes[block * GGUF_BLOCK + index] ?? 0) ^ 0x80;
    }
  }
  return content;
}

/** Ours holds neighbours in a byte, `Q4_0` the value at i beside the one at i + 16. */
export function blocksOf4(codes: Uint8Array, scales: Float32Array): Uint8Array {
  const half = GGUF_BLOCK / 2;
  const stride = 2 + half;
  const content = new Uint8Array(scales.length * stride);
  for (let block = 0; block < scales.length; block++) {
    writeScale(content, block * stride, scales[block] ?? 0);
    const code = (index: number): number =>
      ((codes[block * half + (index >> 1)] ?? 0) >> (index % 2 === 0 ? 0 : 4)) & 15;
    for (let index = 0; index < half; index++) {
      content[block * stride + 2 + index] = code(index) | (code(index + half) << 4);
    }
  }
  return content;
}

function writeScale(content: Uint8Array, at: number, scale: number): void {
  const bits = halfBits(scale);
  content[at] = bits & 255;
  content[at + 1] = bits >> 8;
}
