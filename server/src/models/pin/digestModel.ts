import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { toDigest } from "../../platform/digests";
import { meaningOf } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import type { OnnxFile } from "../files/onnxFile";
import { externalFiles, isGraph, isWeights } from "../files/weights";
import { PIN_FILE, type PinnedFile, UNPINNED } from "./manifest";
import { fileError, listFiles, readGraph } from "./modelFolder";
import { omsRootOf } from "./omsDigest";
import { readPin } from "./readPin";

/** What a pin of a folder would say, whether or not there is one. */
export interface ModelDigest {
  readonly omsRoot: Digest;
  /** Digest of the folder's pin as it stands, or `null` without one; whether it holds is for `checkModel`. */
  readonly manifestDigest: Digest | null;
  readonly files: readonly PinnedFile[];
}

/**
 * Hashes the files of a folder that its pin covers, or that a pin of it would cover.
 *
 * @throws ProoflineError `model.file` for a link or anything that is neither file nor folder, `model.pin` for a pin
 * that cannot be understood.
 */
export async function digestModel(directory: string): Promise<ModelDigest> {
  const paths = await listFiles(directory);
  const pin = paths.includes(PIN_FILE) ? await readPin(directory) : null;
  const [only, ...others] = paths.filter(isGraph);
  const graph = pin?.manifest.execution.graph ?? (others.length === 0 ? only : undefined);
  const known = graph !== undefined && paths.includes(graph);
  const files = await digestFiles(
    directory,
    known ? coveredBy(directory, paths, graph, await readGraph(directory, graph)) : paths,
  );
  return { omsRoot: omsRootOf(files), manifestDigest: pin?.manifestDigest ?? null, files };
}

/** The files that a pin of one graph covers: all but the weights that it does not need. */
export function coveredBy(
  directory: string,
  paths: readonly string[],
  graph: string,
  file: OnnxFile,
): string[] {
  const external = externalFiles(graph, file).map(({ path }) => path);
  for (const path of external) {
    if (!paths.includes(path)) {
      throw fileError(directory, path, `is missing, and ${graph} needs it`);
    }
  }
  return paths.filter((path) => path === graph || external.includes(path) || !isWeights(path));
}

export async function digestFiles(directory: string, paths: readonly string[]): Promise<PinnedFile[]> {
  const files: PinnedFile[] = [];
  for (const path of paths) {
    if (UNPINNED.includes(path)) {
      continue;
    }
    const hash = createHash("sha256");
    let size = 0;
    try {
      for await (const chunk of createReadStream(join(directory, path))) {
        const bytes: Buffer = chunk;
        hash.update(bytes);
        size += bytes.length;
      }
    } catch (error) {
      throw fileError(directory, path, `cannot be read (${meaningOf(error)})`, error);
    }
    files.push({ path, size, sha256: toDigest(hash.digest()) });
  }
  return files;
}
