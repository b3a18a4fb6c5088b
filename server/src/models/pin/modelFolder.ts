import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { toDigest } from "../../platform/digests";
import { meaningOf, messageOf, ProoflineError } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import type { RemedyKey } from "../../platform/remedy";
import { HeldFile } from "../files/heldFile";
import { type OnnxFile, readOnnx } from "../files/onnxFile";
import { compareModelPaths } from "./omsDigest";

/** What protocol buffers allow; larger models keep their weights beside the graph. */
const MAX_GRAPH_BYTES = 2 ** 31;
/** The system reads, and the hash takes, less than 2 GiB at once. */
const MAX_READ_BYTES = 2 ** 30;

/** All files below a folder, sorted. Refuses links and special files, whatever they are called. */
export async function listFiles(directory: string, below = ""): Promise<string[]> {
  const entries = await readdir(join(directory, below), { withFileTypes: true }).catch((error: unknown) => {
    throw new ProoflineError(
      "model.file",
      `The model folder ${join(directory, below)} cannot be read (${meaningOf(error)}).`,
      "checkModelPath",
      { cause: error },
    );
  });
  const files: string[] = [];
  for (const entry of entries) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      files.push(...(await listFiles(directory, path)));
    } else if (entry.isSymbolicLink()) {
      throw fileError(directory, path, "is a link");
    } else if (!entry.isFile()) {
      throw fileError(directory, path, "is not a regular file");
    } else {
      files.push(path);
    }
  }
  return files.sort(compareModelPaths);
}

type Limit = { readonly exactly: number } | { readonly atMost: number };

interface ReadFile {
  readonly bytes: Uint8Array;
  /** Where it was to be held and can be; whoever has it closes it. */
  readonly held: HeldFile | null;
}

/** Reads a regular, unlinked file, and never more of it than the limit allows. */
export async function readRegularFile(
  directory: string,
  path: string,
  limit: Limit,
  holds = false,
): Promise<ReadFile> {
  try {
    return await readWithin(directory, path, limit, holds);
  } catch (error) {
    if (error instanceof ProoflineError) {
      throw error;
    }
    throw fileError(directory, path, `cannot be read (${meaningOf(error)})`, error);
  }
}

async function readWithin(directory: string, path: string, limit: Limit, holds: boolean): Promise<ReadFile> {
  const file = join(directory, path);
  // Windows has neither flag: without them a link would be followed, and a pipe wait for its other end.
  if ((await lstat(file)).isSymbolicLink()) {
    throw fileError(directory, path, "is a link");
  }
  const handle = await open(
    file,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  );
  let staysOpen = false;
  try {
    const status = await handle.stat();
    if (!status.isFile()) {
      throw fileError(directory, path, "is not a regular file");
    }
    if (status.nlink > 1) {
      throw fileError(directory, path, "is a link: another name leads to the same file");
    }
    if ("exactly" in limit && status.size !== limit.exactly) {
      throw fileError(directory, path, `has ${status.size} bytes where the pin says ${limit.exactly}`);
    }
    if ("atMost" in limit && status.size > limit.atMost) {
      throw fileError(directory, path, `has ${status.size} bytes, more than the ${limit.atMost} allowed`);
    }
    const held = holds ? await HeldFile.hold(handle) : null;
    const bytes = new Uint8Array(status.size);
    let filled = 0;
    while (filled < bytes.length) {
      const wanted = Math.min(bytes.length - filled, MAX_READ_BYTES);
      const { bytesRead } = await handle.read(bytes, filled, wanted, filled);
      if (bytesRead === 0) {
        throw fileError(directory, path, "became shorter while it was read");
      }
      filled += bytesRead;
    }
    staysOpen = held !== null;
    return { bytes, held };
  } finally {
    if (!staysOpen) {
      await handle.close();
    }
  }
}

export async function readJson<T>(directory: string, path: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(join(directory, path), "utf8")));
  } catch (error) {
    throw fileError(directory, path, `cannot be used (${meaningOf(error)})`, error);
  }
}

export async function readOptionalJson<T>(
  directory: string,
  paths: readonly string[],
  path: string,
  schema: z.ZodType<T>,
): Promise<T | null> {
  return paths.includes(path) ? await readJson(directory, path, schema) : null;
}

export function sha256Of(bytes: Uint8Array): Digest {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes.length; at += MAX_READ_BYTES) {
    hash.update(bytes.subarray(at, at + MAX_READ_BYTES));
  }
  return toDigest(hash.digest());
}

export function fileError(
  directory: string,
  path: string,
  problem: string,
  cause?: unknown,
  remedy: RemedyKey = "restoreModelFolder",
): ProoflineError {
  return new ProoflineError("model.file", `The model file ${join(directory, path)} ${problem}.`, remedy, {
    cause,
  });
}

/**
 * Reads a folder's graph.
 *
 * @throws ProoflineError `model.file` where it cannot be read, or is refused
 */
export async function readGraph(directory: string, graph: string): Promise<OnnxFile> {
  const { bytes } = await readRegularFile(directory, graph, { atMost: MAX_GRAPH_BYTES });
  return graphIn(directory, graph, bytes);
}

/**
 * What the bytes of a folder's graph say. Whoever pins, checks or loads a model reads its graph with this.
 *
 * @throws ProoflineError `model.file` for a graph that is refused
 */
export function graphIn(directory: string, graph: string, bytes: Uint8Array): OnnxFile {
  try {
    return readOnnx(bytes);
  } catch (error) {
    throw fileError(directory, graph, `cannot be used: ${messageOf(error)}`, error, "saveGraphAgain");
  }
}
