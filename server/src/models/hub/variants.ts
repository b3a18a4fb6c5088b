import { posix } from "node:path";
import { ProoflineError } from "../../platform/errors";
import { megabytes } from "../../protocol/byteCount";
import { SIGNATURE_FILE } from "../pin/manifest";
import type { HubFile, HubModel } from "./hub";

/** One graph of a repository that could be pinned: a quantisation, a precision or a layout of its own. */
export interface Variant {
  /** Its shortest unambiguous name, e.g. `model_q4`; else its path without `.onnx`. */
  readonly name: string;
  /** The graph's path in the repository. */
  readonly graph: string;
  /** The folder that holds the model: the one with `tokenizer.json` next above the graph. Empty for the top. */
  readonly folder: string;
  /** Everything that is fetched for it, the graph among it. Paths in the repository. */
  readonly files: readonly HubFile[];
  /** Bytes of all of them. */
  readonly size: number;
  /** Whether a `model.sig` lies beside it. */
  readonly signed: boolean;
}

/** The files beside a graph that a model needs, or that say what it is. Never weights in formats that hold programs. */
const BESIDE =
  /^(?:config\.json|tokenizer\.json|tokenizer_config\.json|generation_config\.json|genai_config\.json|special_tokens_map\.json|model\.sig|(?:licen[cs]e|notice|readme)(?:\.(?:md|txt))?)$/i;
/** Of each row one has to be there. */
const NEEDED = [["tokenizer.json"], ["config.json", "genai_config.json"]];

/**
 * The variants of a model on the hub, smallest first: every ONNX graph with a tokenizer and a configuration in its own
 * folder or one above it.
 */
export function variantsOf({ files }: Pick<HubModel, "files">): readonly Variant[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const graphs = files.filter(({ path }) => path.endsWith(".onnx")).map(({ path }) => path);
  const shortNames = graphs.map((graph) => posix.basename(graph, ".onnx"));
  const variants = graphs.flatMap((graph, index): Variant[] => {
    const folder = folderOf(graph, byPath);
    if (folder === null) {
      return [];
    }
    const shortName = shortNames[index] ?? graph;
    const unambiguous = shortNames.filter((name) => name === shortName).length === 1;
    const chosen = files.filter(({ path }) => isBeside(path, folder) || isGraphOrData(path, graph));
    return [
      {
        name: unambiguous ? shortName : graph.slice(0, -".onnx".length),
        graph,
        folder,
        files: chosen,
        size: chosen.reduce((sum, { size }) => sum + size, 0),
        signed: byPath.has(join(folder, SIGNATURE_FILE)),
      },
    ];
  });
  return variants.sort((a, b) => a.size - b.size);
}

/**
 * The variant that a person named, or the only one.
 *
 * @throws ProoflineError `model.missing` where there is none, several to choose from, or none of that name
 */
export function chooseVariant(model: HubModel, name: string | undefined): Variant {
  const variants = variantsOf(model);
  if (variants.length === 0) {
    throw new ProoflineError(
      "model.missing",
      `${model.repository} holds no ONNX graph with a tokenizer.json and a config.json.`,
      "exportModel",
    );
  }
  const list = variants.map((one) => `${one.name} (${megabytes(one.size)})`).join(", ");
  const [only, ...others] = variants;
  if (name === undefined) {
    if (only !== undefined && others.length === 0) {
      return only;
    }
    throw new ProoflineError(
      "model.missing",
      `${model.repository} has several variants: ${list}.`,
      "chooseVariant",
    );
  }
  const wanted = variants.find(
    (one) => one.name === name || one.graph === name || one.graph === `${name}.onnx`,
  );
  if (wanted !== undefined) {
    return wanted;
  }
  throw new ProoflineError(
    "model.missing",
    `${model.repository} has no variant ${name}. It has ${list}.`,
    "chooseVariant",
  );
}

/** The next folder above a graph that holds all that is needed; `null` where none does. */
function folderOf(graph: string, byPath: ReadonlyMap<string, HubFile>): string | null {
  for (let folder = posix.dirname(graph); ; folder = posix.dirname(folder)) {
    const top = folder === "." ? "" : folder;
    if (NEEDED.every((names) => names.some((name) => byPath.has(join(top, name))))) {
      return top;
    }
    if (top === "") {
      return null;
    }
  }
}

function isBeside(path: string, folder: string): boolean {
  const parent = posix.dirname(path);
  return (parent === "." ? "" : parent) === folder && BESIDE.test(posix.basename(path));
}

/** External data lies beside its graph and begins with its name: `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`. */
function isGraphOrData(path: string, graph: string): boolean {
  return path === graph || (path.startsWith(graph) && /^[._]data(?:_\d+)?$/.test(path.slice(graph.length)));
}

function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
