import { lstat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ProoflineError } from "../../platform/errors";
import { GENAI_CONFIG_FILE, GenaiConfig } from "../files/modelConfig";
import { isGraph } from "../files/weights";
import { coveredBy } from "./digestModel";
import { type PinnedFile, SIGNATURE_FILE, UNPINNED } from "./manifest";
import { listFiles, readGraph, readOptionalJson } from "./modelFolder";

/** What a pin of a folder would cover. */
export interface FolderPlan {
  /** The graph that would be loaded; `null` where there are several and none is named. */
  readonly graph: string | null;
  /** Every graph of the folder. */
  readonly graphs: readonly string[];
  /** What would be pinned with `graph`; empty without one. */
  readonly files: readonly Pick<PinnedFile, "path" | "size">[];
  readonly signed: boolean;
}

/**
 * Looks at a model folder and says what `writePin` would pin. Nothing is hashed and nothing is written.
 *
 * @param wanted a graph, by its path or its name without `.onnx`
 * @throws ProoflineError `model.file` or `model.pin`, as `writePin` does
 */
export async function planFolder(directory: string, wanted: string | null): Promise<FolderPlan> {
  const paths = await listFiles(directory);
  const genai = await readOptionalJson(directory, paths, GENAI_CONFIG_FILE, GenaiConfig);
  const graphs = paths.filter(isGraph);
  const signed = paths.includes(SIGNATURE_FILE);
  if (wanted === null && graphs.length > 1 && !graphs.includes(genai?.model.decoder.filename ?? "")) {
    return { graph: null, graphs, files: [], signed };
  }
  const graph = chooseGraph(directory, paths, wanted, genai);
  const covered = coveredBy(directory, paths, graph, await readGraph(directory, graph)).filter(
    (path) => !UNPINNED.includes(path),
  );
  const files = await Promise.all(
    covered.map(async (path) => ({ path, size: (await lstat(join(directory, path))).size })),
  );
  return { graph, graphs, files, signed };
}

export function chooseGraph(
  directory: string,
  paths: readonly string[],
  wanted: string | null,
  genai: GenaiConfig | null,
): string {
  const graphs = paths.filter(isGraph);
  const named = wanted ?? (graphs.length > 1 ? (genai?.model.decoder.filename ?? null) : null);
  const fitting = graphs.includes(named ?? "")
    ? graphs.filter((path) => path === named)
    : graphs.filter((path) => named === null || basename(path, ".onnx") === named);
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) {
    return only;
  }
  throw noOneGraph(directory, graphs);
}

/** Says that a folder holds no graph, or several of which none is named. */
export function noOneGraph(directory: string, graphs: readonly string[]): ProoflineError {
  return new ProoflineError(
    "model.pin",
    `The folder ${directory} holds ${graphs.length === 0 ? "no ONNX graph" : `these graphs: ${graphs.join(", ")}`}.`,
    graphs.length === 0 ? "exportModel" : "chooseVariant",
  );
}
