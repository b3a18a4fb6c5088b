import { randomBytes } from "node:crypto";
import { readdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { canonicalJson } from "../../platform/canonicalJson";
import {
  isErrno,
  patiently,
  removeFolder,
  removeIfThere,
  syncFolder,
  writeWhole,
} from "../../platform/durable";
import { meaningOf, ProoflineError } from "../../platform/errors";
import { makeOwnFolder } from "../../platform/home";
import { type Lock, tryLock } from "../../platform/lock";
import { Digest, Text } from "../../platform/primitives";
import { ModelSource } from "../modelSource";
import { SIGNATURE_FILE } from "../pin/manifest";
import { readPin } from "../pin/readPin";
import { SignatureReport } from "../signature/signature";
import { AcceptedModels } from "./acceptedModels";

/** What this machine's person agreed to when they pinned or fetched a model. It counts where it was accepted. */
export const ApprovedModel = z.strictObject({
  format: z.literal("proofline/approved-model/v1"),
  name: Text,
  manifestDigest: Digest,
  source: ModelSource,
  /** Absolute path of the model folder; `null` where it is the one in the store. */
  directory: z.nullable(z.string()),
  signature: SignatureReport,
});
export type ApprovedModel = z.infer<typeof ApprovedModel>;

/** An approved model with where it lies. */
export interface InstalledModel extends ApprovedModel {
  readonly path: string;
  /** Bytes in the store; 0 for a folder elsewhere. */
  readonly storedBytes: number;
}

/**
 * The models of this machine below `<home>/models`:
 *
 *     <manifest digest>/        a whole model folder with its pin, and its signature where there is one
 *     <manifest digest>.json    who approved what: `ApprovedModel`
 *     accepted/                 which of them count for which repository: `AcceptedModels`
 *     partial/                  files that are being downloaded, each with what it belongs to
 *     staging/                  a model folder before its bytes are known to be right
 *
 * A folder appears under its digest by one rename, after every byte was hashed. What lies there without a record was
 * never approved and counts for nothing.
 */
export class ModelStore {
  readonly accepted: AcceptedModels;
  private readonly folder: string;

  constructor(home: string) {
    this.folder = join(home, "models");
    this.accepted = new AcceptedModels(join(this.folder, "accepted"));
  }

  get partialFolder(): string {
    return join(this.folder, "partial");
  }

  /** Where a model of the store lies, whether it is there or not. */
  pathOf(manifestDigest: Digest): string {
    return join(this.folder, manifestDigest);
  }

  /** Every approved model whose folder is there, by name. */
  async list(): Promise<readonly InstalledModel[]> {
    const names = await namesIn(this.folder);
    const models = await Promise.all(
      names.filter((name) => name.endsWith(".json")).map((name) => this.read(name)),
    );
    return models
      .filter((model) => model !== null)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  /** An approved model by its digest; `null` where this machine has none or nobody approved it. */
  async find(manifestDigest: Digest): Promise<InstalledModel | null> {
    return Digest.safeParse(manifestDigest).success ? this.read(`${manifestDigest}.json`) : null;
  }

  /** Remembers that a person approved a model. */
  async approve(model: ApprovedModel): Promise<void> {
    const record = `${canonicalJson(ApprovedModel.parse(model))}\n`;
    await writing(this.folder, () =>
      writeWhole(join(this.folder, `${model.manifestDigest}.json`), record, { mode: 0o600 }),
    );
  }

  /** Withdraws whatever was said for a model, and deletes it if it is in the store. Folders elsewhere stay. */
  async remove({
    manifestDigest,
    directory,
  }: Pick<ApprovedModel, "manifestDigest" | "directory">): Promise<void> {
    await this.accepted.forget(manifestDigest);
    await removeIfThere(join(this.folder, `${manifestDigest}.json`));
    if (directory === null) {
      await removeFolder(this.pathOf(manifestDigest));
    }
  }

  /** Bytes of downloads that were not finished. */
  partialBytes(): Promise<number> {
    return bytesBelow(this.partialFolder);
  }

  async removePartial(): Promise<void> {
    await withDownloadLock(this.folder, () => removeFolder(this.partialFolder));
  }

  /**
   * Runs one download at a time on this machine, with an empty folder to put a model together in. What an earlier run
   * left half put together is removed.
   *
   * @throws ProoflineError `model.disk` where the store cannot be written, `model.busy` while another download runs
   */
  async staging<Value>(use: (folder: string) => Promise<Value>): Promise<Value> {
    const staging = join(this.folder, "staging");
    return withDownloadLock(this.folder, async () => {
      const folder = join(staging, randomBytes(8).toString("hex"));
      await writing(this.folder, async () => {
        makeOwnFolder(this.partialFolder);
        await removeFolder(staging);
        makeOwnFolder(folder);
      });
      try {
        return await use(folder);
      } finally {
        await removeFolder(staging);
      }
    });
  }

  /** Moves a complete, checked folder into the store, replacing any earlier one. */
  async install(folder: string, manifestDigest: Digest): Promise<void> {
    const path = this.pathOf(manifestDigest);
    await removeFolder(path);
    await patiently(() => rename(folder, path));
    await syncFolder(dirname(path));
  }

  private async read(name: string): Promise<InstalledModel | null> {
    let record: ApprovedModel;
    try {
      record = ApprovedModel.parse(JSON.parse(await readFile(join(this.folder, name), "utf8")));
    } catch {
      // Absent, damaged or from a later version: nobody is known to have approved it.
      return null;
    }
    if (`${record.manifestDigest}.json` !== name) {
      return null;
    }
    const path = record.directory ?? this.pathOf(record.manifestDigest);
    const pin = await readPin(path).catch(() => null);
    if (pin?.manifestDigest !== record.manifestDigest) {
      return null;
    }
    const storedBytes =
      record.directory === null ? pin.manifest.files.reduce((sum, { size }) => sum + size, 0) : 0;
    return { ...record, path, storedBytes };
  }
}

/** The signature beside a model; `null` where there is none. */
export async function readSignature(directory: string, maxBytes: number): Promise<Uint8Array | null> {
  const path = join(directory, SIGNATURE_FILE);
  const info = await stat(path).catch(() => null);
  if (info === null) {
    return null;
  }
  if (info.isFile() && info.size <= maxBytes) {
    return readFile(path);
  }
  throw new ProoflineError("model.signature", `${path} is too large or not a file.`, "askSigner");
}

async function withDownloadLock<Value>(folder: string, work: () => Promise<Value>): Promise<Value> {
  const lock: Lock | null = await writing(folder, async () => {
    makeOwnFolder(folder);
    return tryLock(join(folder, "download.lock"));
  });
  if (lock === null) {
    throw new ProoflineError(
      "model.busy",
      "Another window or command is downloading a model.",
      "waitForDownload",
    );
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Turns a failure to write into the store into an error that says why and what helps. */
async function writing<Value>(folder: string, write: () => Promise<Value>): Promise<Value> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ProoflineError) {
      throw error;
    }
    throw new ProoflineError(
      "model.disk",
      `Models cannot be stored in ${folder} (${meaningOf(error)}).`,
      "makeHomeWritable",
      { cause: error },
    );
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    // What cannot hold a folder holds no models; writing one there says why.
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) {
      return [];
    }
    throw error;
  }
}

async function bytesBelow(folder: string): Promise<number> {
  const sizes = (await namesIn(folder)).map(
    async (name) => (await stat(join(folder, name)).catch(() => null))?.size ?? 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
