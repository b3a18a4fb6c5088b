import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The embedded model. */
export const EMBEDDED_MODEL = fileURLToPath(
  new URL("../../../server/models/proofline-code", import.meta.url),
);

const CONTROL_TOKENS = [
  "<|endoftext|>",
  "<|fim_prefix|>",
  "<|fim_suffix|>",
  "<|fim_middle|>",
  "<|fim_pad|>",
  "<|file_sep|>",
];

/**
 * Bytes in the format of ONNX that nobody can run, which pins do not mind.
 *
 * @param data names the file of external data that the graph needs
 */
export function unusableGraph(content: Uint8Array | string, data?: string): Buffer {
  const field = (number: number, value: Uint8Array | string): Buffer => {
    const bytes = Buffer.from(value);
    const length: number[] = [];
    for (let rest = bytes.length; rest > 0 || length.length === 0; rest >>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
    }
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
  };
  const producer = field(2, content);
  if (data === undefined) return producer;
  const entry = Buffer.concat([field(1, "location"), field(2, data)]);
  return Buffer.concat([producer, field(7, field(5, field(13, entry)))]);
}

/** A new folder with the files of a model; its graph is one that nobody can run. */
export function newModelFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "proofline-model-"));
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write(
    "config.json",
    JSON.stringify({
      vocab_size: 262,
      num_hidden_layers: 1,
      num_key_value_heads: 1,
      head_dim: 8,
      max_position_embeddings: 128,
    }),
  );
  write(
    "tokenizer.json",
    JSON.stringify({
      added_tokens: CONTROL_TOKENS.map((content, id) => ({ id, content })),
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel" },
      decoder: { type: "ByteLevel" },
      model: { type: "BPE", vocab: { a: 6 }, merges: [] },
    }),
  );
  write("onnx/model.onnx", unusableGraph("graph"));
  write("README.md", "A model for tests.\n");
  return folder;
}
