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

/** A new folder with the files of a model; its graph is bytes that nobody can run, which pins do not mind. */
export function newModelFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "proofline-model-"));
  const write = (path: string, content: string): void => {
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
  write("onnx/model.onnx", "weights");
  write("README.md", "A model for tests.\n");
  return folder;
}
