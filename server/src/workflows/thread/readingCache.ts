import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256Digest } from "../../platform/digests";
import { createWhole, removeIfThere, TEMPORARY_SUFFIX } from "../../platform/durable";
import { makeOwnFolder, NO_LINK } from "../../platform/home";
import type { Digest } from "../../platform/primitives";

/** Bytes that all entries together may take on the disk. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Bytes of one entry that is still kept: what unpacks to more is read anew. */
const MOST_BYTES_OF_ENTRY = 16 * 1024 * 1024;

/** Folders below the home: readings of evidence files, and checked proofs of anchors. */
export type CacheName = "readings" | "proofs";

const KEY_BYTES = 32;
const MAC_BYTES = 32;

/**
 * What intact evidence files came to, by their bytes and by the code that read them, below `<home>/readings`: so that a file is
 * judged once on a machine, not once in each process.
 *
 * An entry is HMAC-SHA256 (RFC 2104) under a key of this folder alone, over build ‖ digest of the file ‖ reading, and then the
 * reading. An entry that was changed, or moved to another file's name, or comes from elsewhere or from another build, is none. So
 * it says nothing that reading the file would not say, unless somebody can read the key; and they could change Proofline itself.
 * Whatever goes wrong here costs a reading and nothing else.
 *
 * It reads and writes entries without giving its thread away meanwhile, which costs a fraction of waiting for small files: it is for
 * threads that have nothing else to do.
 */
export class ReadingCache {
  /** Bytes that were written since it was last seen to that all fits. */
  private grown = Number.POSITIVE_INFINITY;

  private constructor(
    private readonly folder: string,
    private readonly key: Uint8Array,
    private readonly build: Digest,
    private readonly mostBytes: number,
  ) {}

  /**
   * @param build the code that reads; its digest is part of every entry
   * @param name what is kept: one kind never stands for another, for each has a folder and a key of its own
   */
  static async open(
    home: string,
    build: Uint8Array,
    mostBytes = MOST_BYTES,
    name: CacheName = "readings",
  ): Promise<ReadingCache | null> {
    const folder = join(home, name);
    try {
      makeOwnFolder(folder);
      const path = join(folder, "key");
      await createWhole(path, randomBytes(KEY_BYTES), { mode: 0o600 });
      const key = readOwn(path, KEY_BYTES);
      return key?.length === KEY_BYTES ? new ReadingCache(folder, key, sha256Digest(build), mostBytes) : null;
    } catch {
      return null;
    }
  }

  find(file: Digest): Uint8Array | null {
    const entry = entryAt(this.pathOf(file));
    if (entry === null || entry.length < MAC_BYTES) {
      return null;
    }
    const reading = entry.subarray(MAC_BYTES);
    return timingSafeEqual(entry.subarray(0, MAC_BYTES), this.macOf(file, reading)) ? reading : null;
  }

  async keep(file: Digest, reading: Uint8Array): Promise<void> {
    if (reading.length + MAC_BYTES > MOST_BYTES_OF_ENTRY) {
      return;
    }
    const path = this.pathOf(file);
    const temporary = `${path}.${randomBytes(6).toString("hex")}${TEMPORARY_SUFFIX}`;
    try {
      writeFileSync(temporary, Buffer.concat([this.macOf(file, reading), reading]), {
        flag: "wx",
        mode: 0o600,
      });
      renameSync(temporary, path);
      this.grown += reading.length;
      if (this.grown > this.mostBytes / 4) {
        this.grown = 0;
        await this.trim();
      }
    } catch {
      await removeIfThere(temporary).catch(() => {});
    }
  }

  /** Takes away what other builds left, and then the oldest, until the rest fits. */
  private async trim(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => name !== "key");
    const own = names.filter((name) => name.endsWith(this.suffix));
    for (const name of names) {
      // What another process is just writing is not whole yet.
      if (!name.endsWith(this.suffix) && !name.endsWith(TEMPORARY_SUFFIX)) {
        await removeIfThere(join(this.folder, name));
      }
    }
    const entries: { readonly path: string; readonly size: number; readonly written: number }[] = [];
    for (const name of own) {
      const path = join(this.folder, name);
      const info = await lstat(path).catch(() => null);
      if (info !== null) {
        entries.push({ path, size: info.size, written: info.mtimeMs });
      }
    }
    let left = this.mostBytes;
    for (const { path, size } of entries.sort((a, b) => b.written - a.written)) {
      left -= size;
      if (left < 0) {
        await removeIfThere(path);
      }
    }
  }

  private get suffix(): string {
    return `.${this.build.slice(0, 16)}`;
  }

  private pathOf(file: Digest): string {
    return join(this.folder, `${file}${this.suffix}`);
  }

  private macOf(file: Digest, reading: Uint8Array): Uint8Array {
    return createHmac("sha256", this.key).update(this.build).update(file).update(reading).digest();
  }
}

/** A regular file of this folder, through no link; `null` where there is none, or it is larger than it may be. */
function readOwn(path: string, mostBytes: number): Uint8Array | null {
  const file = openSync(path, NO_LINK);
  try {
    const info = fstatSync(file);
    return info.isFile() && info.size <= mostBytes ? readFileSync(file) : null;
  } finally {
    closeSync(file);
  }
}

function entryAt(path: string): Uint8Array | null {
  try {
    return readOwn(path, MOST_BYTES_OF_ENTRY);
  } catch {
    return null;
  }
}
