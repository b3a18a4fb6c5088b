import { createHash, type Hash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, open, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { canonicalJson } from "../../platform/canonicalJson";
import { sha256, toDigest } from "../../platform/digests";
import { isErrno, removeIfThere, writeWhole } from "../../platform/durable";
import { meaningOf, ProoflineError } from "../../platform/errors";
import { makeOwnFolder, NO_LINK } from "../../platform/home";
import type { Digest } from "../../platform/primitives";
import { megabytes } from "../../protocol/byteCount";
import type { CommitHash } from "../modelSource";
import type { WalrusBlobId } from "../pin/walrusBlob";
import { fileAddress, type StatedHash } from "./hub";
import { bodyOf, get, type HubAccess, hubError, patiently, refuseCancelled, Transient } from "./hubRequest";

/** Where a file is asked for. */
export type FilePlace =
  | { readonly kind: "repository"; readonly repository: string; readonly commit: CommitHash }
  | { readonly kind: "walrus"; readonly blob: WalrusBlobId };

/** One file to fetch: which bytes, and what they must hash to. */
export interface Wanted {
  readonly place: FilePlace;
  /** Path in the repository or the model's folder. */
  readonly path: string;
  readonly size: number;
  /** What the hub states, or a pin says. */
  readonly stated: StatedHash;
}

/** A whole file in the folder for partial ones. */
export interface Fetched {
  readonly file: string;
  readonly sha256: Digest;
}

/** Bytes of disk space that a download must leave free. */
const SPARE_BYTES = 64 * 1024 * 1024;

/**
 * Fetches one file into `folder` as `<key>.part`, beside a `<key>.json` that says what it belongs to; the key is the
 * hash of just that. Bytes that are there already are hashed again and not asked for again. Every byte is hashed as it
 * comes, and a file that is not what was stated is deleted.
 *
 * @param onBytes told of every byte that is there, those found included
 * @throws ProoflineError `model.differs`, `model.disk`, `model.hub`, `model.access`, `model.missing`, `model.cancelled`
 */
export async function fetchFile(
  access: HubAccess,
  folder: string,
  wanted: Wanted,
  onBytes: (count: number) => void,
  signal?: AbortSignal,
): Promise<Fetched> {
  const { part, about } = partOf(folder, wanted);
  makeOwnFolder(folder);
  await writeWhole(about, `${canonicalJson(wanted)}\n`, { mode: 0o600 });
  for (let again = false; ; again = true) {
    const found = await PartialFile.open(part, wanted, onBytes);
    try {
      let before = found.size;
      if (found.size < wanted.size || wanted.size === 0) {
        await patiently(
          access,
          signal,
          () => continueFile(access, wanted, found, signal),
          () => {
            const moved = found.size > before;
            before = found.size;
            return moved;
          },
        );
      }
      refuseCancelled(signal);
      if (found.fits()) {
        await found.sync();
        return { file: part, sha256: found.sha256() };
      }
    } finally {
      await found.close();
    }
    await removePart(folder, wanted);
    onBytes(-found.size);
    // What was found on the disk may have been damaged there; what came fresh from the hub was wrong there.
    if (again || found.resumedFrom === 0) {
      throw differs(wanted);
    }
    await writeWhole(about, `${canonicalJson(wanted)}\n`, { mode: 0o600 });
  }
}

/** Bytes of a wanted file that are there already. */
export async function bytesThere(folder: string, wanted: Wanted): Promise<number> {
  const handle = await open(partOf(folder, wanted).part, "r").catch(() => null);
  if (handle === null) {
    return 0;
  }
  try {
    return Math.min((await handle.stat()).size, wanted.size);
  } finally {
    await handle.close();
  }
}

export async function removePart(folder: string, wanted: Wanted): Promise<void> {
  const { part, about } = partOf(folder, wanted);
  await removeIfThere(part);
  await removeIfThere(about);
}

/**
 * Refuses a download that cannot finish: `bytes` must be free, and some more.
 *
 * @throws ProoflineError `model.disk`
 */
export async function checkRoom(folder: string, bytes: number): Promise<void> {
  if (bytes === 0) {
    return;
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) {
    return;
  }
  throw new ProoflineError(
    "model.disk",
    `The disk of ${folder} needs ${megabytes(bytes + SPARE_BYTES)} of free space and has ${megabytes(free)}.`,
    "makeRoom",
  );
}

async function continueFile(
  access: HubAccess,
  wanted: Wanted,
  file: PartialFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const from = file.size;
  const response = await get(access, addressOf(access, wanted), {
    sameOrigin: false,
    ...(from > 0 && { headers: { range: `bytes=${from}-` } }),
    ...(signal && { signal }),
  });
  if (response.status === 206) {
    checkRange(response, from, wanted);
  }
  // Whoever does not know ranges sends it all again.
  else {
    await file.restart();
  }
  for await (const chunk of bodyOf(response, access, signal)) {
    if (file.size + chunk.length > wanted.size) {
      await file.restart();
      throw differs(wanted);
    }
    await file.append(chunk);
  }
  if (file.size < wanted.size) {
    throw new Transient(`${wanted.path} ended after ${file.size} of ${wanted.size} bytes`);
  }
}

function checkRange(response: Response, from: number, { path, size }: Wanted): void {
  const [, start, total] =
    /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "") ?? [];
  if (start === String(from) && (total === "*" || total === String(size))) {
    return;
  }
  void response.body?.cancel().catch(() => {});
  throw hubError(`The hub sent a different part of ${path} than was requested.`);
}

/** A file that grows, with the hashes of what it holds so far. */
class PartialFile {
  private hash: Hash = createHash("sha256");
  private gitBlob: Hash;
  private written = 0;
  /** Bytes that were there when it was opened, as long as they count. */
  resumedFrom = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly wanted: Wanted,
    private readonly onBytes: (count: number) => void,
  ) {
    this.gitBlob = gitBlobHash(wanted.size);
  }

  static async open(path: string, wanted: Wanted, onBytes: (count: number) => void): Promise<PartialFile> {
    makeOwnFolder(dirname(path));
    // Not "a+": on Linux it would ignore positions.
    const handle = await open(path, constants.O_RDWR | NO_LINK).catch((error: unknown) => {
      if (isErrno(error, "ENOENT")) {
        return open(path, "wx+", 0o600);
      }
      throw error;
    });
    const file = new PartialFile(handle, wanted, onBytes);
    try {
      const { size } = await handle.stat();
      if (size > wanted.size) {
        await handle.truncate(0);
      } else {
        for await (const chunk of createReadStream(path)) {
          file.count(chunk as Buffer);
        }
        file.resumedFrom = file.written;
      }
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get size(): number {
    return this.written;
  }

  async append(chunk: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await this.handle.write(
          chunk,
          done,
          chunk.length - done,
          this.written + done,
        );
        done += bytesWritten;
      }
    } catch (error) {
      throw writeError(error);
    }
    this.count(chunk);
  }

  async restart(): Promise<void> {
    if (this.written === 0) {
      return;
    }
    await this.handle.truncate(0);
    this.onBytes(-this.written);
    this.written = 0;
    this.resumedFrom = 0;
    this.hash = createHash("sha256");
    this.gitBlob = gitBlobHash(this.wanted.size);
  }

  fits(): boolean {
    if (this.written !== this.wanted.size) {
      return false;
    }
    const { kind, hex } = this.wanted.stated;
    return kind === "sha256" ? this.sha256() === hex : this.gitBlob.copy().digest("hex") === hex;
  }

  sha256(): Digest {
    return toDigest(this.hash.copy().digest());
  }

  async sync(): Promise<void> {
    try {
      await this.handle.sync();
    } catch (error) {
      throw writeError(error);
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private count(chunk: Uint8Array): void {
    this.hash.update(chunk);
    this.gitBlob.update(chunk);
    this.written += chunk.length;
    this.onBytes(chunk.length);
  }
}

/** A git blob's id is the SHA-1 of `blob <size>`, a zero byte and the content. */
function gitBlobHash(size: number): Hash {
  return createHash("sha1").update(`blob ${size}\0`);
}

function partOf(folder: string, wanted: Wanted): { readonly part: string; readonly about: string } {
  const key = toDigest(sha256(canonicalJson(wanted)));
  return { part: join(folder, `${key}.part`), about: join(folder, `${key}.json`) };
}

function addressOf(access: HubAccess, { place, path }: Wanted): URL {
  return place.kind === "walrus"
    ? new URL(`/v1/blobs/${place.blob}`, access.hub)
    : fileAddress(access, place.repository, place.commit, path);
}

function differs({ path, place }: Wanted): ProoflineError {
  const where =
    place.kind === "walrus"
      ? `in Walrus as ${place.blob}`
      : `of ${place.repository} at commit ${place.commit.slice(0, 12)}`;
  return new ProoflineError(
    "model.differs",
    `${path} ${where} is not what it should be: its bytes have a different hash.`,
    "distrustModel",
  );
}

function writeError(error: unknown): ProoflineError {
  const full = isErrno(error, "ENOSPC") || isErrno(error, "EDQUOT");
  return new ProoflineError(
    "model.disk",
    full ? "The disk is full." : `The download cannot be written (${meaningOf(error)}).`,
    full ? "makeRoom" : "makeHomeWritable",
    { cause: error },
  );
}
