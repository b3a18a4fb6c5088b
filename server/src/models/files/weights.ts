import { posix } from "node:path";
import type { OnnxFile } from "./onnxFile";

/** Graphs, their external data, and the weights of other frameworks, by the names that exporters give them. */
const WEIGHTS = /\.onnx(?:[._]data(?:_\d+)?)?$|\.(?:safetensors|gguf|bin|pt|pth|h5|msgpack)$/i;

export function isGraph(path: string): boolean {
  return path.endsWith(".onnx");
}

/** Weights are left out of a pin where the pinned graph does not need them: other variants of the same model. */
export function isWeights(path: string): boolean {
  return WEIGHTS.test(path);
}

/** A file of external data: the name that the graph has for it, and its path below the model folder. */
export interface ExternalFile {
  readonly location: string;
  readonly path: string;
}

/**
 * The files that hold a graph's external data.
 *
 * @param graph the graph's own path
 */
export function externalFiles(graph: string, { external }: OnnxFile): ExternalFile[] {
  return external.map((location) => ({ location, path: posix.join(posix.dirname(graph), location) }));
}
