import { posix } from "node:path";
import { externalDataOf } from "./onnxFile";

/** Graphs, their external data, and the weights of other frameworks, by the names that exporters give them. */
const WEIGHTS = /\.onnx(?:[._]data(?:_\d+)?)?$|\.(?:safetensors|gguf|bin|pt|pth|h5|msgpack)$/i;

export function isGraph(path: string): boolean {
  return path.endsWith(".onnx");
}

/** Weights are left out of a pin where the pinned graph does not need them: other variants of the same model. */
export function isWeights(path: string): boolean {
  return WEIGHTS.test(path);
}

/**
 * The files that hold a graph's external data, as paths below the model folder.
 *
 * @param graph the graph's own path
 * @throws Error for bytes that are no ONNX file, and for data outside the model folder
 */
export function externalPaths(graph: string, bytes: Uint8Array): { location: string; path: string }[] {
  return externalDataOf(bytes).map((location) => {
    const path = posix.join(posix.dirname(graph), location);
    if (posix.isAbsolute(location) || location.includes("\\") || path.startsWith("..")) {
      throw new Error(`the graph keeps data outside its folder (${location})`);
    }
    return { location, path };
  });
}
