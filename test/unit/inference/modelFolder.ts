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
 * Bytes in the format of ONNX that state a decoder's inputs and outputs, and no operation, so that they can be pinned and
 * not run.
 *
 * @param data names the file of external data that the graph needs
 */
export function unusableGraph(content: Uint8Array | string, data?: string): Buffer {
  const field = (number: number, ...values: (Uint8Array | string)[]): Buffer => {
    const bytes = Buffer.concat(values.map((value) => Buffer.from(value)));
    const length: number[] = [];
    for (let rest = bytes.length; rest > 0 || length.length === 0; rest >>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
    }
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
  };
  const value = (number: number, name: string, element: number, ...shape: (number | string)[]): Buffer => {
    const dimensions = shape.map((one) =>
      field(1, typeof one === "number" ? Buffer.from([8, one]) : field(2, one)),
    );
    return field(
      number,
      field(1, name),
      field(2, field(1, Buffer.from([8, element]), field(2, ...dimensions))),
    );
  };
  const [float32, int64] = [1, 7];
  const weights = data === undefined ? [] : [field(5, field(13, field(1, "location"), field(2, data)))];
  const graph = field(
    7,
    ...weights,
    value(11, "input_ids", int64, "batch", "sequence"),
    ...["key", "value"].flatMap((part) => [
      value(11, `past_key_values.0.${part}`, float32, "batch", 1, "past", 8),
      value(12, `present.0.${part}`, float32, "batch", 1, "total", 8),
    ]),
    value(12, "logits", float32, "batch", "sequence", "vocabulary"),
  );
  return Buffer.concat([field(2, content), graph]);
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
