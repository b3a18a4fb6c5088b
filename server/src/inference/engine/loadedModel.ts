import {
  configOfGenai,
  GENAI_CONFIG_FILE,
  GenaiConfig,
  MODEL_CONFIG_FILE,
  ModelConfig,
} from "../../models/files/modelConfig";
import { TOKENIZER_FILE, TokenizerFile } from "../../models/files/tokenizerFile";
import { type CheckedModel, checkModel } from "../../models/pin/checkModel";
import type { Pin } from "../../models/pin/manifest";
import { meaningOf, ProoflineError } from "../../platform/errors";
import type { ExecutionProfile } from "../../protocol/executionProfile";
import { DEFAULT_PROFILE } from "../../protocol/executionProfile";
import { DEFAULT_PROVIDER, type ExecutionProvider } from "../../protocol/executionProvider";
import { checkShapes } from "../graph/batchInvariance";
import { Graph } from "../graph/graph";
import { releaseBuffer } from "../graph/releaseBuffer";
import { type GraphFiles, runtimeOf } from "../graph/runtime";
import { Tokenizer } from "../tokenizer/tokenizer";

/** A pinned model, ready to run. */
export interface Model extends Pin {
  readonly tokenizer: Tokenizer;
  readonly graph: Graph;
}

/**
 * Checks a model folder against its pin and loads the bytes that were checked, or the file that they came from, if it is
 * still the same afterwards.
 *
 * @throws ProoflineError `model.pin`, `model.file`, or `model.load` when pinned bytes cannot be run
 */
export async function loadModel(
  directory: string,
  threads: number,
  profile: ExecutionProfile = DEFAULT_PROFILE,
  provider: ExecutionProvider = DEFAULT_PROVIDER,
): Promise<Model> {
  const checked = await checkModel(directory, { holdGraph: true });
  const { manifest, manifestDigest } = checked;
  try {
    const config = configOf(checked);
    const tokenizer = new Tokenizer(TokenizerFile.parse(json(checked, TOKENIZER_FILE)), manifest.prompt);
    if (manifest.contextLength > config.max_position_embeddings) {
      throw new Error(
        `the pin allows ${manifest.contextLength} tokens, the model ${config.max_position_embeddings}`,
      );
    }
    const graph = await Graph.load(
      graphFiles(checked, manifest.execution.graph),
      config,
      threads,
      runtimeOf(profile),
      provider,
      checked.heldGraph,
    );
    if (profile === "portable/v1") {
      await checkShapes(graph);
    }
    return { manifest, manifestDigest, tokenizer, graph };
  } catch (error) {
    throw new ProoflineError(
      "model.load",
      `The pinned model in ${directory} cannot be run (${meaningOf(error)}).`,
      "useSupportedModel",
      { cause: error },
    );
  } finally {
    // The runtime has its own copy.
    for (const bytes of checked.files.values()) {
      releaseBuffer(bytes);
    }
    await checked.heldGraph?.close();
  }
}

function configOf(model: CheckedModel): ModelConfig {
  return model.files.has(MODEL_CONFIG_FILE)
    ? ModelConfig.parse(json(model, MODEL_CONFIG_FILE))
    : configOfGenai(GenaiConfig.parse(json(model, GENAI_CONFIG_FILE)));
}

/** The graph, and every file that it names, from the bytes that were checked. */
function graphFiles(model: CheckedModel, path: string): GraphFiles {
  const external = model.external.map((one) => ({ path: one.location, data: bytes(model, one.path) }));
  return { graph: bytes(model, path), external };
}

function bytes({ files }: CheckedModel, path: string): Uint8Array {
  const found = files.get(path);
  if (found === undefined) {
    throw new Error(`${path} is not among the model's files`);
  }
  return found;
}

function json(model: CheckedModel, path: string): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes(model, path)));
}
