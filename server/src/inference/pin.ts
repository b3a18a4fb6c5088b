import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { lstat, open, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import canonicalize from "canonicalize";
import * as z from "zod";
import { messageOf, ProoflineError } from "../errors";
import { Count, Digest, RepositoryPath, Text } from "../provenance/primitives";
import { PinnedPrompt, type PromptFamilyName, pinPrompt } from "./families";
import { MODEL_CONFIG_FILE, ModelConfig } from "./modelConfig";
import { beginOf, endOf, TOKENIZER_CONFIG_FILE, TokenizerConfig } from "./tokenizerConfig";
import { TOKENIZER_FILE, TokenizerFile } from "./tokenizerFile";
import { Tolerance } from "./tolerance";

export const PIN_FILE = "pin.json";
/** The name of a signature beside a model (OpenSSF Model Signing v1.0). */
export const SIGNATURE_FILE = "model.sig";
/** What a pin does not cover: itself, and a signature, which may come later and covers the same files. */
const UNPINNED: readonly string[] = [PIN_FILE, SIGNATURE_FILE];
const MAX_PIN_BYTES = 1 << 20;

/** One pinned file: its path below the model folder, its size in bytes and the SHA-256 of its bytes. */
export const PinnedFile = z.strictObject({ path: RepositoryPath, size: Count, sha256: Digest });
export type PinnedFile = z.infer<typeof PinnedFile>;

/** `pin.json`: everything that must be as stated before the model's bytes are used. */
export const PinManifest = z
  .strictObject({
    format: z.literal("proofline/model-pin/v1"),
    name: Text.refine((name) => name.trim() !== "", "expected a name"),
    /** Every file of the folder but `pin.json` and `model.sig`, in the order of `compareModelPaths`. */
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
    for (const needed of [manifest.execution.graph, MODEL_CONFIG_FILE, TOKENIZER_FILE]) {
      if (!files.some(({ path }) => path === needed)) {
        context.addIssue({ code: "custom", message: `${needed} is not among the files` });
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
    if (order !== 0) return order;
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
  if (canonical === undefined) throw new Error("a manifest always has a canonical form");
  return createHash("sha256").update(canonical, "utf8").digest("hex");
}

/**
 * Hashes every file of a folder but `pin.json` and `model.sig`.
 *
 * @throws ProoflineError `model.file` for a link or anything that is neither file nor folder, `model.pin` for a pin
 * that cannot be understood.
 */
export async function digestModel(directory: string): Promise<ModelDigest> {
  const files = await digestFiles(directory);
  const pinned = (await listFiles(directory)).includes(PIN_FILE);
  const manifestDigest = pinned ? (await readPin(directory)).manifestDigest : null;
  return { omsRoot: omsRootOf(files), manifestDigest, files };
}

async function digestFiles(directory: string): Promise<PinnedFile[]> {
  const files: PinnedFile[] = [];
  for (const path of await listFiles(directory)) {
    if (UNPINNED.includes(path)) continue;
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
  const bytes = await readRegularFile(directory, PIN_FILE, { atMost: MAX_PIN_BYTES });
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
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".");
  throw pinError(directory, `is not valid: ${where ? `${where}: ` : ""}${issue?.message}`, parsed.error);
}

/**
 * Compares a model folder with its pin and returns the bytes that were compared: each file is read once, into
 * memory, hashed there, and never read again.
 *
 * @throws ProoflineError `model.pin` for the pin, or `model.file` naming the file that is changed, missing, extra,
 * linked, oversized or not a regular file.
 */
export async function checkModel(directory: string): Promise<CheckedModel> {
  const pin = await readPin(directory);
  const present = new Set(await listFiles(directory));
  for (const path of UNPINNED) present.delete(path);
  const files = new Map<string, Uint8Array>();
  for (const { path, size, sha256 } of pin.manifest.files) {
    if (!present.delete(path)) throw fileError(directory, path, "is missing");
    const bytes = await readRegularFile(directory, path, { exactly: size });
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
      throw fileError(directory, path, "differs from the pin: its SHA-256 is another");
    }
    files.set(path, bytes);
  }
  for (const path of present) throw fileError(directory, path, "is not in the pin");
  return { ...pin, files };
}

export interface WritePinParameters {
  /** Default: the folder's name. */
  readonly name?: string;
  /** The graph to load; needed where the folder holds several. */
  readonly graph?: string;
  /** Default: 0.6. */
  readonly confidenceGate?: number;
  /** Default: the first family whose control tokens the tokenizer has. */
  readonly family?: PromptFamilyName;
}

/**
 * Pins a local model folder as it lies there now, replacing an earlier pin. The folder holds `config.json`,
 * `tokenizer.json` and an ONNX graph with KV cache in the Optimum layout.
 */
export async function writePin(directory: string, parameters: WritePinParameters = {}): Promise<Pin> {
  const paths = await listFiles(directory);
  const graphs = paths.filter((path) => path.endsWith(".onnx"));
  const graph = parameters.graph ?? (graphs.length === 1 ? graphs[0] : undefined);
  if (graph === undefined || !paths.includes(graph)) {
    throw new ProoflineError(
      "model.pin",
      `The folder ${directory} holds ${graphs.length === 0 ? "no ONNX graph" : `these graphs: ${graphs.join(", ")}`}.`,
      "Keep exactly one .onnx file in it, or name the one to load.",
    );
  }
  const config = await readJson(directory, MODEL_CONFIG_FILE, ModelConfig);
  const tokenizer = await readJson(directory, TOKENIZER_FILE, TokenizerFile);
  const prompt = pinPrompt(
    {
      addedTokens: tokenizer.added_tokens.map(({ content: text, id }) => ({ text, id })),
      begin: beginOf(tokenizer, await readOptionalJson(directory, TOKENIZER_CONFIG_FILE, TokenizerConfig)),
      end: endOf(tokenizer, config),
    },
    parameters.family ?? null,
  );
  if ("missing" in prompt) {
    throw fileError(directory, TOKENIZER_FILE, `has no control token ${prompt.missing}`);
  }
  const files = await digestFiles(directory);
  const manifest = validated(directory, {
    format: "proofline/model-pin/v1",
    name: parameters.name ?? basename(directory),
    files,
    omsRoot: omsRootOf(files),
    prompt,
    contextLength: config.max_position_embeddings,
    execution: { graph, confidenceGate: parameters.confidenceGate ?? 0.6 },
  } satisfies z.input<typeof PinManifest>);
  await writeFile(join(directory, PIN_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  return { manifest, manifestDigest: manifestDigestOf(manifest) };
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
    if (entry.isDirectory()) files.push(...(await listFiles(directory, path)));
    else if (entry.isSymbolicLink()) throw fileError(directory, path, "is a link");
    else if (!entry.isFile()) throw fileError(directory, path, "is not a regular file");
    else files.push(path);
  }
  return files.sort(compareModelPaths);
}

type Limit = { readonly exactly: number } | { readonly atMost: number };

/** Reads a regular, unlinked file, and never more of it than the limit allows. */
async function readRegularFile(directory: string, path: string, limit: Limit): Promise<Uint8Array> {
  try {
    return await readWithin(directory, path, limit);
  } catch (error) {
    if (error instanceof ProoflineError) throw error;
    throw fileError(directory, path, `cannot be read (${messageOf(error)})`, error);
  }
}

async function readWithin(directory: string, path: string, limit: Limit): Promise<Uint8Array> {
  const file = join(directory, path);
  // Windows has neither flag: without them a link would be followed, and a pipe wait for its other end.
  if ((await lstat(file)).isSymbolicLink()) throw fileError(directory, path, "is a link");
  const handle = await open(
    file,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  );
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw fileError(directory, path, "is not a regular file");
    if (status.nlink > 1) throw fileError(directory, path, "is a link: another name leads to the same file");
    if ("exactly" in limit && status.size !== limit.exactly) {
      throw fileError(directory, path, `has ${status.size} bytes where the pin says ${limit.exactly}`);
    }
    if ("atMost" in limit && status.size > limit.atMost) {
      throw fileError(directory, path, `has ${status.size} bytes, more than the ${limit.atMost} allowed`);
    }
    const bytes = new Uint8Array(status.size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) throw fileError(directory, path, "became shorter while it was read");
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

async function readJson<T>(directory: string, path: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(join(directory, path), "utf8")));
  } catch (error) {
    throw fileError(directory, path, `cannot be used (${messageOf(error)})`, error);
  }
}

async function readOptionalJson<T>(directory: string, path: string, schema: z.ZodType<T>): Promise<T | null> {
  const present = (await listFiles(directory)).includes(path);
  return present ? await readJson(directory, path, schema) : null;
}

function pinError(directory: string, problem: string, cause?: unknown): ProoflineError {
  return new ProoflineError(
    "model.pin",
    `The model's pin ${join(directory, PIN_FILE)} ${problem}.`,
    "Restore the model folder, or pin a folder that you trust with `proofline model pin`.",
    { cause },
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
