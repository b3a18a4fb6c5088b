import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { createWhole, isErrno } from "../../platform/durable";
import { NO_LINK } from "../../platform/home";

/**
 * The file that holds the embedded chain: records in the order in which they were appended, each bound to all before it
 * by a SHA-256 chain. It only ever grows. `docs/local-chain.md` describes it byte for byte.
 *
 * ```
 * file    "PLBLOCK1" record*
 * record  u32 length ‖ 8 bytes ‖ content ‖ 32 bytes         big-endian; `length` is the content's, in bytes
 *           the 8 bytes   SHA-256(previous ‖ length), its beginning
 *           the 32 bytes  SHA-256(previous ‖ length ‖ 8 bytes ‖ content), which is `previous` for the next record
 * ```
 *
 * `previous` of the first record is SHA-256 of the file's first eight bytes. The length has a check of its own, so that
 * a changed length is never taken for a record that a crash cut short.
 */
const MAGIC = Buffer.from("PLBLOCK1", "latin1");
const HEAD_BYTES = 12;
const CHECK_BYTES = 32;
const FIRST_PREVIOUS = createHash("sha256").update(MAGIC).digest();

/** Far above any block; a longer content is not written, and a length above it is not read. */
const MAX_CONTENT = 64 * 1024 * 1024;

/** What disks write as one; a crash leaves whole ones unwritten. */
const SECTOR_BYTES = 512;

export function logPath(folder: string): string {
  return join(folder, "blocks.log");
}

/** Whether a folder holds an embedded chain, whole or damaged. */
export async function chainExists(folder: string): Promise<boolean> {
  try {
    await stat(logPath(folder));
    return true;
  } catch (error) {
    // One that cannot be looked at is there: nobody may begin another in its place.
    return !isErrno(error, "ENOENT");
  }
}

/** The file is not what was written: something changed it. It is never cut, moved or written by then. */
export class DamagedLog extends Error {
  override readonly name = "DamagedLog";
  constructor(
    /** Where the first byte that is not understood lies. */
    readonly offset: number,
    what: string,
  ) {
    super(`${what} at byte ${offset}`);
  }
}

/** The log can no longer say what is on disk; only whoever opens it anew can. */
export class BrokenLog extends Error {
  override readonly name = "BrokenLog";
}

/** The file system's part of a log, which tests replace by one that fails. */
export interface LogStorage {
  /** Bytes that the file holds now. */
  size(): Promise<number>;
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves once all that was written is durable. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** What a log's bytes hold. */
export interface LogContents {
  /** The contents of the whole records, parts of the bytes that were read. */
  readonly records: readonly Uint8Array[];
  /** Where the last whole record ends. */
  readonly end: number;
  /** The check of the last whole record. */
  readonly previous: Uint8Array;
  /** Bytes after it: the beginning of a record whose append a crash cut short, which nobody was told of. */
  readonly tornBytes: number;
}

/**
 * Reads a log's bytes.
 *
 * @throws DamagedLog where they are neither whole nor cut short within the last record. The first record is written
 * together with the file, so that a file without it is damaged, too.
 */
export function parseLog(bytes: Uint8Array): LogContents {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) {
    throw new DamagedLog(0, "there is no block log");
  }
  const records: Uint8Array[] = [];
  let previous: Uint8Array = FIRST_PREVIOUS;
  let end = MAGIC.length;
  while (end < bytes.length) {
    const record = recordAt(bytes, end, previous);
    if (record === null) {
      break;
    }
    records.push(record.content);
    previous = record.check;
    end = record.end;
  }
  if (records.length === 0) {
    throw new DamagedLog(end, "the first record is missing");
  }
  return { records, end, previous, tornBytes: bytes.length - end };
}

/** The record at an offset; `null` where a crash cut it short. */
function recordAt(
  bytes: Uint8Array,
  start: number,
  previous: Uint8Array,
): { readonly content: Uint8Array; readonly check: Uint8Array; readonly end: number } | null {
  const rest = bytes.subarray(start);
  if (rest.length < HEAD_BYTES) {
    return null;
  }
  const head = rest.subarray(0, HEAD_BYTES);
  const length = Buffer.from(head.buffer, head.byteOffset, 4).readUInt32BE();
  if (length > MAX_CONTENT || !same(head, headOf(length, previous))) {
    // The file grew, and nothing of the record reached the disk.
    if (rest.every((byte) => byte === 0)) {
      return null;
    }
    throw new DamagedLog(start, "a record's length is damaged");
  }
  const end = HEAD_BYTES + length + CHECK_BYTES;
  if (rest.length < end) {
    return null;
  }
  const content = rest.subarray(HEAD_BYTES, HEAD_BYTES + length);
  const check = rest.subarray(HEAD_BYTES + length, end);
  if (!same(check, checkOf(previous, head, content))) {
    if (rest.length === end && hasUnwrittenSector(rest, start)) {
      return null;
    }
    throw new DamagedLog(start, "a record is damaged");
  }
  return { content, check, end: start + end };
}

/** Whether a disk's sector that these bytes touch is empty: a file may grow before its content reaches the disk. */
function hasUnwrittenSector(bytes: Uint8Array, offset: number): boolean {
  for (let at = 0; at < bytes.length; ) {
    const next = Math.min(bytes.length, at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES));
    // A few zeros may well be what was written.
    if (next - at >= CHECK_BYTES && bytes.subarray(at, next).every((byte) => byte === 0)) {
      return true;
    }
    at = next;
  }
  return false;
}

/** A record's bytes, and the `previous` of the next one. */
function frame(
  content: Uint8Array,
  previous: Uint8Array,
): { readonly bytes: Buffer; readonly check: Uint8Array } {
  if (content.length > MAX_CONTENT) {
    throw new Error(`a record of ${content.length} bytes is too long`);
  }
  const head = headOf(content.length, previous);
  const check = checkOf(previous, head, content);
  return { bytes: Buffer.concat([head, content, check]), check };
}

function headOf(length: number, previous: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(length);
  createHash("sha256").update(previous).update(head.subarray(0, 4)).digest().copy(head, 4, 0, 8);
  return head;
}

function checkOf(previous: Uint8Array, head: Uint8Array, content: Uint8Array): Buffer {
  return createHash("sha256").update(previous).update(head).update(content).digest();
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The bytes of a log with these records. */
export function formatLog(records: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [MAGIC];
  let previous: Uint8Array = FIRST_PREVIOUS;
  for (const record of records) {
    const { bytes, check } = frame(record, previous);
    parts.push(bytes);
    previous = check;
  }
  return Buffer.concat(parts);
}

/** Makes a log with its first record, whole or not at all. Resolves to `false` where there is a log already. */
export function createLog(path: string, first: Uint8Array): Promise<boolean> {
  return createWhole(path, formatLog([first]), { mode: 0o600 });
}

export interface OpenLogOptions {
  readonly wrap?: (storage: LogStorage) => LogStorage;
  /** Learns of an unfinished record before it is cut off; where it rejects, nothing is cut. */
  readonly beforeCut?: (contents: LogContents) => Promise<void>;
}

/** A log that one process appends to. */
export class BlockLog {
  private broken: Error | null = null;

  private constructor(
    private readonly storage: LogStorage,
    private end: number,
    private previous: Uint8Array,
  ) {}

  /**
   * Opens a log and cuts off the record that a crash left unfinished.
   *
   * @throws DamagedLog; the system's error where it cannot be opened, read or cut now. Neither changes the file.
   */
  static async open(
    path: string,
    { wrap = (storage) => storage, beforeCut = async () => {} }: OpenLogOptions = {},
  ): Promise<{ readonly log: BlockLog; readonly contents: LogContents }> {
    const file = await open(path, constants.O_RDWR | NO_LINK);
    try {
      const contents = parseLog(await file.readFile());
      const storage = wrap(fileStorage(file));
      if (contents.tornBytes > 0) {
        await beforeCut(contents);
        await storage.truncate(contents.end);
        await storage.sync();
      }
      return { log: new BlockLog(storage, contents.end, contents.previous), contents };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Appends a record and resolves once it is durable. Where that fails the file is as it was before.
   *
   * @throws BrokenLog where that cannot be said; the system's error otherwise.
   */
  async append(content: Uint8Array): Promise<void> {
    if (this.broken !== null) {
      throw new BrokenLog(this.broken.message, { cause: this.broken });
    }
    const { bytes, check } = frame(content, this.previous);
    if ((await this.storage.size()) !== this.end) {
      throw this.break(new Error("another program changed the block log"));
    }
    try {
      await this.storage.write(bytes, this.end);
      await this.storage.sync();
    } catch (error) {
      await this.cutBack(error);
      throw error;
    }
    this.end += bytes.length;
    this.previous = check;
  }

  close(): Promise<void> {
    return this.storage.close();
  }

  private async cutBack(cause: unknown): Promise<void> {
    try {
      await this.storage.truncate(this.end);
      await this.storage.sync();
    } catch (error) {
      throw this.break(new Error("a failed write could not be taken back", { cause: error ?? cause }));
    }
  }

  private break(error: Error): BrokenLog {
    this.broken = error;
    return new BrokenLog(error.message, { cause: error });
  }
}

function fileStorage(file: FileHandle): LogStorage {
  return {
    size: async () => (await file.stat()).size,
    write: async (bytes, position) => {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
        written += bytesWritten;
      }
    },
    sync: () => file.datasync(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  };
}
