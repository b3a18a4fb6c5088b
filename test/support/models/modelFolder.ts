import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PromptFamilyName } from "../../../server/src/models/pin/promptFamilies";
import { type DecoderParameters, decoderGraph } from "./decoder";
import { ExternalData, unusableGraph, writeModel } from "./onnx";
import { testTokenizer } from "./tokenizers";

/** The embedded model. */
export const EMBEDDED_MODEL = join(import.meta.dirname, "../../../server/models/proofline-code");

export interface ModelFolderParameters extends DecoderParameters {
  readonly family: PromptFamilyName;
  /** Keeps large weights in a file beside the graph. */
  readonly externalData?: boolean;
  /** The graph's path below the folder. */
  readonly graph?: string;
}

/** Where each layout keeps its graph. */
export const GRAPH_PATH = { optimum: "onnx/model.onnx", genai: "model.onnx" } as const;

/** Writes a model folder as an exporter would leave it: graph, configuration and tokenizer. */
export function writeModelFolder(directory: string, parameters: ModelFolderParameters): void {
  const tokenizer = testTokenizer(parameters.family);
  const { size, export: exported } = parameters;
  if (tokenizer.vocabularySize > size.vocabulary) {
    throw new Error(`the tokenizer has ${tokenizer.vocabularySize} tokens, more than the model's vocabulary`);
  }
  writeGraph(directory, parameters);
  const json = (path: string, value: unknown): void =>
    writeFileSync(join(directory, path), `${JSON.stringify(value, null, 1)}\n`);
  json("tokenizer.json", tokenizer.file);
  json("tokenizer_config.json", tokenizer.config);
  const { vocab } = tokenizer.file.model;
  const end =
    vocab[tokenizer.endOfText] ??
    tokenizer.file.added_tokens.find(({ content }) => content === tokenizer.endOfText)?.id;
  json("config.json", {
    model_type: parameters.architecture.type,
    vocab_size: size.vocabulary,
    hidden_size: size.hidden,
    num_hidden_layers: size.layers,
    num_attention_heads: size.heads,
    num_key_value_heads: size.keyValueHeads,
    head_dim: size.headSize,
    intermediate_size: size.intermediate,
    max_position_embeddings: size.context,
    tie_word_embeddings: parameters.architecture.tied,
    eos_token_id: end,
  });
  if (exported.layout === "genai") {
    json("genai_config.json", {
      model: {
        bos_token_id: 0,
        context_length: size.context,
        decoder: {
          session_options: { log_id: "onnxruntime-genai", provider_options: [] },
          filename: parameters.graph ?? GRAPH_PATH.genai,
          head_size: size.headSize,
          hidden_size: size.hidden,
          inputs: {
            input_ids: "input_ids",
            attention_mask: "attention_mask",
            past_key_names: "past_key_values.%d.key",
            past_value_names: "past_key_values.%d.value",
          },
          outputs: {
            logits: "logits",
            present_key_names: "present.%d.key",
            present_value_names: "present.%d.value",
          },
          num_attention_heads: size.heads,
          num_hidden_layers: size.layers,
          num_key_value_heads: size.keyValueHeads,
        },
        eos_token_id: end,
        pad_token_id: end,
        type: parameters.architecture.type,
        vocab_size: size.vocabulary,
      },
      search: { do_sample: false, max_length: size.context, past_present_share_buffer: false },
    });
  }
}

/** Writes only the graph, as another variant of weights in a folder that is there. */
export function writeGraph(directory: string, parameters: ModelFolderParameters): void {
  const { layout } = parameters.export;
  const path = join(directory, parameters.graph ?? GRAPH_PATH[layout]);
  mkdirSync(join(path, ".."), { recursive: true });
  const suffix = layout === "genai" ? ".data" : "_data";
  const external = parameters.externalData ? new ExternalData(`${path}${suffix}`) : null;
  writeModel(path, decoderGraph(parameters), external);
}

const CONTROL_TOKENS = [
  "<|endoftext|>",
  "<|fim_prefix|>",
  "<|fim_suffix|>",
  "<|fim_middle|>",
  "<|fim_pad|>",
  "<|file_sep|>",
];

/** A new folder with the files of a model; its graph is one that nobody can run. */
export function newModelFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "proofline-model-"));
  const write = (path: string, content: string | Buffer): void => writeFileSync(join(folder, path), content);
  mkdirSync(join(folder, "onnx"));
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
  write(GRAPH_PATH.optimum, unusableGraph("graph"));
  write("README.md", "A model for tests.\n");
  return folder;
}
