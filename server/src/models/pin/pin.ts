import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { lstat, open, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import canonicalize from "canonicalize";
import * as z from "zod";
import { messageOf, ProoflineError } from "../../platform/errors";
import { Count, Digest, RepositoryPath, Text } from "../../platform/primitives";
import { graphInterface } from "../files/graphInterface";
import { layoutOf } from "../files/graphLayout";
import { HeldFile } from "../files/heldFile";
import {
  configOfGenai,
  GENAI_CONFIG_FILE,
  GenaiConfig,
  MODEL_CONFIG_FILE,
  ModelConfig,
} from "../files/modelConfig";
import { beginOf, endOf, TOKENIZER_CONFIG_FILE, TokenizerConfig } from "../files/tokenizerConfig";
import { TOKENIZER_FILE, TokenizerFile } from "../files/tokenizerFile";
import { externalPaths, isGraph, isWeights } from "../files/weights";
import { PinnedPrompt, type PromptFamilyName, pinPrompt } from "./promptFamilies";
import { Tolerance } from "./tolerance";

export const PIN_FILE = "pin.json";
/** The name of a signature beside a model (OpenSSF Model Signing v1.0). */
export const SIGNATURE_FILE = "model.sig";
/** What a pin does not cover: itself, and a signature, which may come later and covers the same files. */
const UNPINNED: readonly string[] = [PIN_FILE, SIGNATURE_FILE];
const MAX_PIN_BYTES = 1 << 20;
/** What protocol buffers allow; larger models keep their weights beside the graph. */
const MAX_GRAPH_BYTES = 2 ** 31;
/** The system reads, and the hash takes, less than 2 GiB at once. */
const MAX_READ_BYTES = 2 ** 30;
/** Reading a longer prompt takes a processor longer than anybody waits for a suggestion. */
const DEFAULT_CONTEXT_LENGTH = 2048;

/** One pinned file: its path below the model folder, its size in bytes and the SHA-256 of its bytes. */
export const PinnedFile = z.strictObject({ path: RepositoryPath, size: Count, sha256: Digest });
export type PinnedFile = z.infer<typeof PinnedFile>;

/** `pin.json`: everything that must be as stated before the model's bytes are used. */
export const PinManifest = z
  .strictObject({
    format: z.literal("proofline/model-pin/v1"),
    name: Text.refine((name) => name.trim() !== "", "expected a name"),
    /**
     * Every file of the folder but `pin.json`, `model.sig` and the weights of other variants, in the order of
     * `compareModelPaths`.
     */
    files: z.array(PinnedFile).min(1),
    /** OpenSSF Model Signing v1.0, method `files`: SHA-256 over the files' raw digests in that order. */
    omsRoot: Digest,
    prompt: PinnedPrompt,
    /** Tokens that prompt and answer may take together. */
    contextLength: Count.min(64),
    execution: z.strictObject({
      /** The graph that is loaded, one of `files`. */
      graph: RepositoryPath,
      /** An answer that nobody asked for ends where the joint probability of its tokens falls below this. */
      confidenceGate: z.number().min(0).max(1),
      /** What a replay under `native/v1` forgives, as calibrated for these files. */
      replay: Tolerance.optional(),
    }),
  })
  .superRefine((manifest, context) => {
    const { files } = manifest;
    for (let index = 1; index < files.length; index++) {
      const [before, here] = [files[index - 1], files[index]];
      if (before && here && compareModelPaths(before.path, here.path) >= 0) {
        context.addIssue({ code: "custom", message: `files are not sorted or repeat ${here.path}` });
      }
    }
    for (const { path } of files.filter(({ path }) => UNPINNED.includes(path))) {
      context.addIssue({ code: "custom", message: `${path} cannot be pinned` });
    }
    for (const needed of [
      [manifest.execution.graph],
      [MODEL_CONFIG_FILE, GENAI_CONFIG_FILE],
      [TOKENIZER_FILE],
    ]) {
      if (!files.some(({ path }) => needed.includes(path))) {
        context.addIssue({ code: "custom", message: `${needed.join(" or ")} is not among the files` });
      }
    }
    if (omsRootOf(files) !== manifest.omsRoot) {
      context.addIssue({ code: "custom", message: "omsRoot does not follow from the files" });
    }
  });
export type PinManifest = z.infer<typeof PinManifest>;

/** A pin, and the digest that names it in evidence. */
export interface Pin {
  readonly manifest: PinManifest;
  readonly manifestDigest: Digest;
}

/** A model folder whose every byte was compared with its pin, and those bytes. */
export interface CheckedModel extends Pin {
  /** By path: the very buffers that were hashed, for the tokenizer and the runtime to load. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The graph's file, where it was to be held and can be; whoever has it closes it. */
  readonly heldGraph: HeldFile | null;
}

/** What a pin of a folder would say, whether or not there is one. */
export interface ModelDigest {
  readonly omsRoot: Digest;
  /** Digest of the folder's pin as it stands, or `null` without one; whether it holds is for `checkModel`. */
  readonly manifestDigest: Digest | null;
  readonly files: readonly PinnedFile[];
}

/**
 * The order of a model's files: part by part, each by code point. It is the order in which the reference
 * implementation of OpenSSF Model Signing sorts them (`PurePosixPath`), and differs from comparing whole strings
 * where a folder's name begins another name: `a/b` stands before `a.txt`.
 */
export function compareModelPaths(left: string, right: string): number {
  const [leftParts, rightParts] = [left.split("/"), right.split("/")];
  for (let index = 0; index < Math.min(leftParts.length, rightParts.length); index++) {
    const order = Buffer.compare(Buffer.from(leftParts[index] ?? ""), Buffer.from(rightParts[index] ?? ""));
    if (order !== 0) {
      return order;
    }
  }
  return leftParts.length - rightParts.length;
}

/**
 * The root digest of OpenSSF Model Signing v1.0 with `method: files`, `hash_type: sha256`, `allow_symlinks: false`
 * and `ignore_paths: ["pin.json", "model.sig"]`: SHA-256 over the concatenated raw SHA-256 digests of the files,
 * sorted by path. It does not bind the files' names; the manifest's digest does.
 */
export function omsRootOf(files: readonly PinnedFile[]): Digest {
  const root = createHash("sha256");
  for (const { sha256 } of [...files].sort((a, b) => compareModelPaths(a.path, b.path))) {
    root.update(Buffer.from(sha256, "hex"));
  }
  return root.digest("hex");
}

/** SHA-256 of the manifest's canonical JSON (RFC 8785), so that white space in `pin.json` means nothing. */
export function manifestDigestOf(manifest: PinManifest): Digest {
  const canonical = canonicalize(manifest);
  if (canonical === undefined) {
    throw new Error("a manifest always has a canonical form");
  }
  return createHash("sha256").update(canonical, "utf8").digest("hex");
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

/** Refuses a graph that could never be loaded, as far as its file says so. */
function checkInterface(directory: string, graph: string, bytes: Uint8Array, config: ModelConfig): void {
  try {
    const found = graphInterface(bytes);
    if (found !== null) {
      layoutOf(found.inputs, found.outputs, config);
    }
  } catch (error) {
    throw new ProoflineError(
      "model.file",
      `The model ${join(directory, graph)} cannot be run (${messageOf(error)}).`,
      "Pin a decoder with a key-value cache and dynamic shapes, as Optimum or onnxruntime-genai export it.",
      { cause: error },
    );
  }
}

async function readGraph(directory: string, graph: string): Promise<Uint8Array> {
  return (await readRegularFile(directory, graph, { atMost: MAX_GRAPH_BYTES })).bytes;
}

/** The files that a pin of one graph covers: all but the weights that it does not need. */
function coveredBy(directory: string, paths: readonly string[], graph: string, bytes: Uint8Array): string[] {
  let external: readonly string[];
  try {
    external = externalPaths(graph, bytes).map(({ path }) => path);
  } catch (error) {
    throw fileError(directory, graph, `cannot be used: ${messageOf(error)}`, error);
  }
  for (const path of external) {
    if (!paths.includes(path)) {
      throw fileError(directory, path, `is missing, and ${graph} needs it`);
    }
  }
  return paths.filter((path) => path === graph || external.includes(path) || !isWeights(path));
}

async function digestFiles(directory: string, paths: readonly string[]): Promise<PinnedFile[]> {
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
      throw fileError(directory, path, `cannot be read (${messageOf(error)})`, error);
    }
    files.push({ path, size, sha256: hash.digest("hex") });
  }
  return files;
}

/** Reads and validates `pin.json` alone; says nothing about the other files. */
export async function readPin(directory: string): Promise<Pin> {
  const { bytes } = await readRegularFile(directory, PIN_FILE, { atMost: MAX_PIN_BYTES });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw pinError(directory, `is not JSON (${messageOf(error)})`, error);
  }
  const manifest = validated(directory, json);
  return { manifest, manifestDigest: manifestDigestOf(manifest) };
}

function validated(directory: string, json: unknown): PinManifest {
  const parsed = PinManifest.safeParse(json);
  if (parsed.success) {
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".");
  throw pinError(directory, `is not valid: ${where ? `${where}: ` : ""}${issue?.message}`, parsed.error);
}

/**
 * Compares a model folder with its pin and returns the bytes that were compared: each file is read once, into
 * memory, and hashed there.
 *
 * @param options.holdGraph keeps the graph's file open, for a runtime to read it once more
 * @throws ProoflineError `model.pin` for the pin, or `model.file` naming the file that is changed, missing, extra,
 * linked, oversized or not a regular file.
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
    return { ...pin, files, heldGraph };
  } catch (error) {
    await heldGraph?.close();
    throw error;
  }
}

export interface WritePinParameters {
  /** Default: the folder's name. */
  readonly name?: string;
  /** The graph to load, by its path or its name without `.onnx`; needed where the folder holds several. */
  readonly graph?: string;
  /** Default: 0.6. */
  readonly confidenceGate?: number;
  /** Default: the first family whose control tokens the tokenizer has. */
  readonly family?: PromptFamilyName;
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
  const bytes = await readGraph(directory, graph);
  const covered = coveredBy(directory, paths, graph, bytes);
  checkInterface(directory, graph, bytes, config);
  const files = await digestFiles(directory, covered);
  const manifest = validated(directory, {
    format: "proofline/model-pin/v1",
    name: parameters.name ?? basename(directory),
    files,
    omsRoot: omsRootOf(files),
    prompt,
    contextLength:
      parameters.contextLength ?? Math.min(config.max_position_embeddings, DEFAULT_CONTEXT_LENGTH),
    execution: { graph, confidenceGate: parameters.confidenceGate ?? 0.6 },
  } satisfies z.input<typeof PinManifest>);
  await writePinFile(directory, manifest);
  return { manifest, manifestDigest: manifestDigestOf(manifest) };
}

/** Writes a manifest as the pin of a folder. */
export async function writePinFile(directory: string, manifest: PinManifest): Promise<void> {
  const file = join(directory, PIN_FILE);
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`).catch((error: unknown) => {
    throw new ProoflineError(
      "model.pin",
      `The pin ${file} cannot be written (${messageOf(error)}).`,
      "Make the model folder writable, or pin a copy of it.",
      { cause: error },
    );
  });
}

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

function chooseGraph(
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
  throw new ProoflineError(
    "model.pin",
    `The folder ${directory} holds ${graphs.length === 0 ? "no ONNX graph" : `these graphs: ${graphs.join(", ")}`}.`,
    graphs.length === 0
      ? "Export the model to ONNX, with a key-value cache."
      : "Name the one to load, with `--variant` on the command line.",
  );
}

/** All files below a folder, sorted. Refuses links and special files, whatever they are called. */
async function listFiles(directory: string, below = ""): Promise<string[]> {
  const entries = await readdir(join(directory, below), { withFileTypes: true }).catch((error: unknown) => {
    throw new ProoflineError(
      "model.file",
      `The model folder ${join(directory, below)} cannot be read (${messageOf(error)}).`,
      "Check the path of the model folder.",
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
async function readRegularFile(
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
    throw fileError(directory, path, `cannot be read (${messageOf(error)})`, error);
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

async function readJson<T>(directory: string, path: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(join(directory, path), "utf8")));
  } catch (error) {
    throw fileError(directory, path, `cannot be used (${messageOf(error)})`, error);
  }
}

async function readOptionalJson<T>(
  directory: string,
  paths: readonly string[],
  path: string,
  schema: z.ZodType<T>,
): Promise<T | null> {
  return paths.includes(path) ? await readJson(directory, path, schema) : null;
}

function sha256Of(bytes: Uint8Array): Digest {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes.length; at += MAX_READ_BYTES) {
    hash.update(bytes.subarray(at, at + MAX_READ_BYTES));
  }
  return hash.digest("hex");
}

function pinError(directory: string, problem: string, cause?: unknown): ProoflineError {
  return new ProoflineError(
    "model.pin",
    `The model's pin ${join(directory, PIN_FILE)} ${problem}.`,
    "Restore the model folder, or pin a folder that you trust with `proofline model pin`.",
    { cause },
  );
}

function familyError(family: PromptFamilyName | null, missing: string): ProoflineError {
  return new ProoflineError(
    "model.file",
    family === null
      ? `The tokens of ${TOKENIZER_FILE} fit no prompt family: even the simplest needs ${missing}.`
      : `${TOKENIZER_FILE} has no control token ${missing}, which the prompt family ${family} needs.`,
    family === null
      ? "Choose a code model of a family that is known here."
      : "Name another family, or none: then it is found from the tokenizer.",
  );
}

function fileError(directory: string, path: string, problem: string, cause?: unknown): ProoflineError {
  return new ProoflineError(
    "model.file",
    `The model file ${join(directory, path)} ${problem}.`,
    "Restore the model folder from where it came; nothing is suggested until its files are as pinned.",
    { cause },
  );
}
