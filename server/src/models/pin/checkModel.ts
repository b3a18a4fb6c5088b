import type { HeldFile } from "../files/heldFile";
import { type ExternalFile, externalFiles, isWeights } from "../files/weights";
import { type Pin, UNPINNED } from "./manifest";
import { fileError, graphIn, listFiles, readRegularFile, sha256Of } from "./modelFolder";
import { readPin } from "./readPin";

/** A model folder whose every byte was compared with its pin, and those bytes. */
export interface CheckedModel extends Pin {
  /** By path: the very buffers that were hashed, for the tokenizer and the runtime to load. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The files of external data that the graph names, each of them among `files`. */
  readonly external: readonly ExternalFile[];
  /** The graph's file, where it was to be held and can be; whoever has it closes it. */
  readonly heldGraph: HeldFile | null;
}

/**
 * Compares a model folder with its pin and returns the bytes that were compared: each file is read once, into
 * memory, and hashed there. The graph is read, too: it names no file that is not among them.
 *
 * @param options.holdGraph keeps the graph's file open, for a runtime to read it once more
 * @throws ProoflineError `model.pin` for the pin, or `model.file` naming the file that is changed, missing, extra,
 * linked, oversized or not a regular file, or a graph that is refused.
 */
export async function checkModel(
  directory: string,
  options: { readonly holdGraph?: boolean } = {},
): Promise<CheckedModel> {
  const pin = await readPin(directory);
  const { graph } = pin.manifest.execution;
  const present = new Set(await listFiles(directory));
  for (const path of UNPINNED) {
    present.delete(path);
  }
  const files = new Map<string, Uint8Array>();
  let heldGraph: HeldFile | null = null;
  try {
    for (const { path, size, sha256 } of pin.manifest.files) {
      if (!present.delete(path)) {
        throw fileError(directory, path, "is missing");
      }
      const holds = options.holdGraph === true && path === graph;
      const { bytes, held } = await readRegularFile(directory, path, { exactly: size }, holds);
      heldGraph ??= held;
      if (sha256Of(bytes) !== sha256) {
        throw fileError(directory, path, "differs from the pin: its SHA-256 is another");
      }
      files.set(path, bytes);
    }
    for (const path of present) {
      // Other variants are never opened.
      if (!isWeights(path)) {
        throw fileError(directory, path, "is not in the pin");
      }
    }
    const bytes = files.get(graph);
    const external = bytes === undefined ? [] : externalFiles(graph, graphIn(directory, graph, bytes));
    for (const { path } of external) {
      if (!files.has(path)) {
        throw fileError(
          directory,
          path,
          `is not in the pin, and ${graph} needs it`,
          undefined,
          "pinModelAgain",
        );
      }
    }
    return { ...pin, files, external, heldGraph };
  } catch (error) {
    await heldGraph?.close();
    throw error;
  }
}
