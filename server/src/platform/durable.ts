import { randomBytes } from "node:crypto";
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Ends the names of files that are not whole yet; whoever lists a folder passes over them. */
export const TEMPORARY_SUFFIX = ".tmp";
const TEMPORARY_NAME = /^\..+\.[0-9a-f]{12}\.tmp$/;

/** The longest names that file systems take leave no room for more; characters have up to four bytes. */
const MOST_OF_A_NAME = 50;

function temporaryPrefix(name: string): string {
  return `.${name.slice(0, MOST_OF_A_NAME).toWellFormed()}.`;
}

/** Nobody takes this long to write a file. */
const ABANDONED_MILLISECONDS = 3_600_000;

/** What another program takes to read one of these files, many times over. */
const PATIENCE_MILLISECONDS = 2_000;

export interface WriteOptions {
  /** POSIX permissions of the file; 0o644 when not given. */
  readonly mode?: number;
}

/**
 * Writes a whole file and resolves once it is durable: temporary file in the same folder, fsync, rename, fsync of the
 * folder. A crash at any instant leaves the file as it was before, or as it is meant to be.
 */
export async function writeWhole(
  path: string,
  data: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const temporary = await writeTemporary(path, data, options);
  try {
    await patiently(() => rename(temporary, path));
  } catch (error) {
    await removeTemporary(temporary);
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * The same for a file that must not be there yet: of several that try at once, exactly one creates it. Resolves to
 * whether this call did.
 */
export async function createWhole(
  path: string,
  data: string | Uint8Array,
  options: WriteOptions = {},
): Promise<boolean> {
  const temporary = await writeTemporary(path, data, options);
  try {
    await patiently(() => link(temporary, path));
  } catch (error) {
    if (isErrno(error, "EEXIST")) {
      return false;
    }
    // Not every file system (exFAT, some network ones) has hard links; there the exclusive open must do. EISDIR is what
    // Node makes of Windows' answer that a file system has no such function.
    const withoutLinks = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EISDIR"];
    if (!withoutLinks.some((code) => isErrno(error, code))) {
      throw error;
    }
    if (!(await createInPlace(path, data, options))) {
      return false;
    }
  } finally {
    await removeTemporary(temporary);
  }
  await syncFolder(dirname(path));
  return true;
}

/** Makes the names in a folder durable. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") {
    return;
  }
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function removeIfThere(path: string): Promise<void> {
  try {
    await patiently(() => unlink(path));
  } catch (error) {
    if (!isErrno(error, "ENOENT")) {
      throw error;
    }
  }
}

/** Removes a temporary file that has served. One that cannot be removed does no harm, and hides no other error. */
export async function removeTemporary(path: string): Promise<void> {
  await removeIfThere(path).catch(() => {});
}

/** Removes temporary files that a crash left behind an hour ago or earlier: all in a folder, or those of one file. */
export async function removeAbandoned(folder: string, of?: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!TEMPORARY_NAME.test(name) || (of !== undefined && !name.startsWith(temporaryPrefix(of)))) {
      continue;
    }
    const path = join(folder, name);
    const info = await stat(path).catch(() => null);
    if (info !== null && Date.now() - info.mtimeMs > ABANDONED_MILLISECONDS) {
      await removeIfThere(path);
    }
  }
}

/** Removes a folder with all that is in it. */
export function removeFolder(folder: string): Promise<void> {
  return patiently(() => rm(folder, { recursive: true, force: true }));
}

/**
 * Windows neither replaces nor removes what another program has open, be it this one in another window or a virus
 * scanner, nor opens what is being removed. That passes: a call that fails so is made again for a while there.
 */
export async function patiently<Value>(call: () => Promise<Value>): Promise<Value> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const inUse = ["EPERM", "EACCES", "EBUSY", "ENOTEMPTY"].some((code) => isErrno(error, code));
      if (process.platform !== "win32" || !inUse || performance.now() > deadline) {
        throw error;
      }
    }
    await pause(5 + Math.random() * 20);
  }
}

/** Whether what was thrown is a system error with this code, e.g. `ENOENT`. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

async function createInPlace(
  path: string,
  data: string | Uint8Array,
  { mode = 0o644 }: WriteOptions,
): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(path, "wx", mode);
  } catch (error) {
    if (isErrno(error, "EEXIST")) {
      return false;
    }
    throw error;
  }
  try {
    await handle.writeFile(data);
    await handle.sync();
    return true;
  } finally {
    await handle.close();
  }
}

/**
 * Writes a durable file beside another, under a name that says that it is not whole yet. Resolves to its path; where that
 * fails, nothing of it is left.
 */
export async function writeTemporary(
  path: string,
  data: string | Uint8Array,
  { mode = 0o644 }: WriteOptions,
): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const name = `${temporaryPrefix(basename(path))}${randomBytes(6).toString("hex")}${TEMPORARY_SUFFIX}`;
  const temporary = join(dirname(path), name);
  const handle = await open(temporary, "wx", mode);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } catch (error) {
    await removeTemporary(temporary);
    throw error;
  } finally {
    await handle.close();
  }
  return temporary;
}
