import { basename, join } from "node:path";
import type * as z from "zod";
import { writeWhole } from "../../platform/durable";
import { meaningOf, ProoflineError } from "../../platform/errors";
import { graphInterface } from "../files/graphInterface";
import { layoutOf } from "../files/graphLayout";
import {
  configOfGenai,
  GENAI_CONFIG_FILE,
  GenaiConfig,
  MODEL_CONFIG_FILE,
  ModelConfig,
} from "../files/modelConfig";
import type { OnnxFile } from "../files/onnxFile";
import { beginOf, endOf, TOKENIZER_CONFIG_FILE, TokenizerConfig } from "../files/tokenizerConfig";
import { TOKENIZER_FILE, TokenizerFile } from "../files/tokenizerFile";
import { coveredBy, digestFiles } from "./digestModel";
import { manifestDigestOf, PIN_FILE, type Pin, type PinManifest, type PinnedFile } from "./manifest";
import { listFiles, readGraph, readJson, readOptionalJson } from "./modelFolder";
import { omsRootOf } from "./omsDigest";
import { chooseGraph } from "./planFolder";
import { type PromptFamilyName, pinPrompt } from "./promptFamilies";
import { validated } from "./readPin";
import type { WalrusBlobId } from "./walrusBlob";

/** Reading a longer prompt takes a processor longer than anybody waits for a suggestion. */
const DEFAULT_CONTEXT_LENGTH = 2048;

export interface WritePinParameters {
  /** Default: the folder's name. */
  readonly name?: string;
  /** The graph to load, by its path or its name without `.onnx`; needed where the folder holds several. */
  readonly graph?: string;
  /** Default: 0.6. */
  readonly confidenceGate?: number;
  /** Default: the first family whose control tokens the tokenizer has. */
  readonly family?: PromptFamilyName;
  /** What the model was made for, by the editor's identifiers. Default: nothing is said. */
  readonly languages?: readonly string[];
  /** Where files lie in Walrus, by their paths. Default: nothing is said. */
  readonly blobs?: ReadonlyMap<string, WalrusBlobId>;
  /** Tokens that prompt and answer may take together. Default: what the model can, but at most 2048. */
  readonly contextLength?: number;
}

/**
 * Pins a local model folder as it lies there now, replacing an earlier pin. The folder holds `tokenizer.json`,
 * `config.json` or `genai_config.json`, and ONNX graphs with a key-value cache. One of these is pinned; the weights of
 * the others stay out of the pin, and are never opened.
 */
export async function writePin(directory: string, parameters: WritePinParameters = {}): Promise<Pin> {
  const paths = await listFiles(directory);
  const genai = await readOptionalJson(directory, paths, GENAI_CONFIG_FILE, GenaiConfig);
  const graph = chooseGraph(directory, paths, parameters.graph ?? null, genai);
  const config =
    genai !== null && !paths.includes(MODEL_CONFIG_FILE)
      ? configOfGenai(genai)
      : await readJson(directory, MODEL_CONFIG_FILE, ModelConfig);
  const tokenizer = await readJson(directory, TOKENIZER_FILE, TokenizerFile);
  const tokenizerConfig = await readOptionalJson(directory, paths, TOKENIZER_CONFIG_FILE, TokenizerConfig);
  const prompt = pinPrompt(
    {
      addedTokens: tokenizer.added_tokens.map(({ content: text, id }) => ({ text, id })),
      begin: beginOf(tokenizer, tokenizerConfig),
      end: endOf(tokenizer, config),
    },
    parameters.family ?? null,
  );
  if ("missing" in prompt) {
    throw familyError(parameters.family ?? null, prompt.missing);
  }
  const file = await readGraph(directory, graph);
  const covered = coveredBy(directory, paths, graph, file);
  checkInterface(directory, graph, file, config);
  const files = withBlobs(await digestFiles(directory, covered), parameters.blobs ?? new Map());
  const manifest = validated(directory, {
    format: "proofline/model-pin/v1",
    name: parameters.name ?? basename(directory),
    files,
    omsRoot: omsRootOf(files),
    prompt,
    contextLength:
      parameters.contextLength ?? Math.min(config.max_position_embeddings, DEFAULT_CONTEXT_LENGTH),
    ...(parameters.languages !== undefined && { languages: [...parameters.languages] }),
    execution: { graph, confidenceGate: parameters.confidenceGate ?? 0.6 },
  } satisfies z.input<typeof PinManifest>);
  await writePinFile(directory, manifest);
  return { manifest, manifestDigest: manifestDigestOf(manifest) };
}

/** Pinned files with where they lie in Walrus. */
export function withBlobs(
  files: readonly PinnedFile[],
  blobs: ReadonlyMap<string, WalrusBlobId>,
): PinnedFile[] {
  return files.map((file) => {
    const walrus = blobs.get(file.path);
    return walrus === undefined ? file : { ...file, walrus };
  });
}

/** Writes a manifest as the pin of a folder. */
export async function writePinFile(directory: string, manifest: PinManifest): Promise<void> {
  const file = join(directory, PIN_FILE);
  await writeWhole(file, `${JSON.stringify(manifest, null, 2)}\n`).catch((error: unknown) => {
    throw new ProoflineError(
      "model.pin",
      `The pin ${file} cannot be written (${meaningOf(error)}).`,
      "makeModelFolderWritable",
      { cause: error },
    );
  });
}

/** Refuses a graph that could never be loaded, as far as its file shows that. */
function checkInterface(directory: string, graph: string, file: OnnxFile, config: ModelConfig): void {
  try {
    const found = graphInterface(file);
    if (found !== null) {
      layoutOf(found.inputs, found.outputs, config);
    }
  } catch (error) {
    throw new ProoflineError(
      "model.file",
      `The model ${join(directory, graph)} cannot be run (${meaningOf(error)}).`,
      "exportModel",
      { cause: error },
    );
  }
}

function familyError(family: PromptFamilyName | null, missing: string): ProoflineError {
  return new ProoflineError(
    "model.file",
    family === null
      ? `The tokens of ${TOKENIZER_FILE} match no prompt family: even the simplest needs ${missing}.`
      : `${TOKENIZER_FILE} has no control token ${missing}, which the prompt family ${family} needs.`,
    family === null ? "chooseKnownFamily" : "chooseOtherFamily",
  );
}
