import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../../platform/durable";
import { inOrder } from "../../platform/inOrder";
import { isInside } from "../../platform/insideFolder";
import { FILES_AT_ONCE } from "./places";

const MAX_LISTED_FILES = 100_000;

/** Bytes of all files of a kind that are read: honest evidence of 100,000 suggestions has half of it. */
const MAX_LISTED_BYTES = 1024 * 1024 * 1024;

/** A file of the `.proofline` folder, as it lies there. Its name is a place to point at and proves nothing. */
export type RepositoryFileContent =
  /** Path below the repository's top. */
  { readonly path: string } & (
    | { readonly kind: "read"; readonly bytes: Uint8Array }
    /** `reason`: why it could not be read, as a sentence. */
    | { readonly kind: "unreadable"; readonly reason: string }
  );

/** What lies at a path, as far as it may be read. */
export type Found =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "absent" }
  /** `is`: why not, as a clause that follows its name. */
  | { readonly kind: "unreadable"; readonly is: string };

/** A repository's top, below which files are read and folders made, and nothing outside of it, wherever links lead. */
export class GuardedFolder {
  constructor(
    /** Absolute path of the top, without symbolic links. */
    private readonly folder: string,
    /** Bytes that are read of all files of one list. */
    private readonly mostListedBytes = MAX_LISTED_BYTES,
  ) {}

  /**
   * Reads a regular file inside the repository, and never more of it than the limit allows, or says why not.
   *
   * @param isOwn whether no link leads to its folder
   */
  async look(path: string, maxBytes: number, isOwn = false): Promise<Found> {
    const named = join(this.folder, path);
    try {
      const handle = (isOwn ? await openUnlinked(named) : null) ?? (await this.openInside(named));
      if (handle === null) {
        return { kind: "unreadable", is: "is a link that leads out of the repository" };
      }
      try {
        const info: Stats = await handle.stat();
        if (!info.isFile()) {
          return { kind: "unreadable", is: info.isDirectory() ? "is a folder" : "is not a regular file" };
        }
        const bytes = info.size > maxBytes ? null : await handle.readFile();
        return bytes === null || bytes.length > maxBytes
          ? {
              kind: "unreadable",
              is: `is too large: ${bytes?.length ?? info.size} bytes, of at most ${maxBytes}`,
            }
          : { kind: "read", bytes };
      } finally {
        await handle.close();
      }
    } catch (error) {
      return notRead(named, error);
    }
  }

  /** Opens what a path leads to, by links, too; `null` where that is not in the repository. */
  private async openInside(named: string): Promise<FileHandle | null> {
    const real = await realpath(named);
    return isInside(this.folder, real) ? open(real, READ_WITHOUT_WAITING) : null;
  }

  /** Makes a folder below the top. A link that leads out of the repository is no place to write to. */
  async make(path: string): Promise<string> {
    const folder = join(this.folder, path);
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      const isInTheWay = isErrno(error, "EEXIST") || isErrno(error, "ENOTDIR");
      throw isInTheWay ? new Error(`${path} is no folder`) : error;
    });
    if ((await realpath(folder)) !== folder) {
      throw new Error(`${path} is a symbolic link`);
    }
    return folder;
  }

  /**
   * The JSON files that lie in a folder below the top, in the order of their names; of a longer list the beginning, and then why it ends.
   *
   * @param maxBytes of one of them
   */
  async *list(below: string, maxBytes: number): AsyncGenerator<RepositoryFileContent> {
    const names = await this.namesIn(below);
    const own = join(this.folder, below);
    const isOwn = (await realpath(own).catch(() => null)) === own;
    const found = inOrder(names.slice(0, MAX_LISTED_FILES), FILES_AT_ONCE, async (name) => {
      const path = `${below}/${name}`;
      return { path, found: await this.look(path, maxBytes, isOwn) };
    });
    let left = this.mostListedBytes;
    let read = 0;
    for await (const { path, found: file } of found) {
      left -= file.kind === "read" ? file.bytes.length : 0;
      if (left < 0) {
        yield {
          path: below,
          kind: "unreadable",
          reason: `Only ${read} of its ${names.length} files were read: together they are larger than ${this.mostListedBytes} bytes.`,
        };
        return;
      }
      read += 1;
      // What was taken away since it was listed is not here.
      if (file.kind !== "absent") {
        yield file.kind === "read"
          ? { path, kind: "read", bytes: file.bytes }
          : { path, kind: "unreadable", reason: `It ${file.is}.` };
      }
    }
    if (names.length > MAX_LISTED_FILES) {
      yield {
        path: below,
        kind: "unreadable",
        reason: `Only ${MAX_LISTED_FILES} of its files were read.`,
      };
    }
  }

  private async namesIn(folder: string): Promise<readonly string[]> {
    try {
      return (await readdir(join(this.folder, folder), { withFileTypes: true }))
        .filter((entry) => entry.name.endsWith(".json") && !entry.isDirectory())
        .map((entry) => entry.name)
        .sort();
    } catch (error) {
      if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) {
        return [];
      }
      throw error;
    }
  }
}

/** Opening a pipe would wait for somebody to write into it. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Opens a file that is no link; `null` where it is one, or this system cannot tell by opening it. Asks the disk once. */
async function openUnlinked(path: string): Promise<FileHandle | null> {
  if (constants.O_NOFOLLOW === undefined) {
    return null;
  }
  try {
    return await open(path, READ_WITHOUT_WAITING | constants.O_NOFOLLOW);
  } catch (error) {
    // FreeBSD says EMLINK of a link.
    if (isErrno(error, "ELOOP") || isErrno(error, "EMLINK")) {
      return null;
    }
    throw error;
  }
}

/** What it means that the system does not let a file be read. */
async function notRead(path: string, error: unknown): Promise<Found> {
  if (isErrno(error, "ELOOP")) {
    return { kind: "unreadable", is: "is a link that leads in circles" };
  }
  if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) {
    const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() === true;
    return isLink ? { kind: "unreadable", is: "is a link that leads nowhere" } : { kind: "absent" };
  }
  if (isErrno(error, "EACCES") || isErrno(error, "EPERM")) {
    return { kind: "unreadable", is: "may not be read by you" };
  }
  if (error instanceof Error && "code" in error) {
    return { kind: "unreadable", is: "cannot be read" };
  }
  throw error;
}
