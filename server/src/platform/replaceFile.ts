import { open, readFile, rename } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { isErrno, patiently, removeAbandoned, removeTemporary, syncFolder, writeTemporary } from "./durable";

/**
 * What came of replacing a file: `replaced`, or why it lies there as it was. `changed`: it no longer holds what was read
 * of it. `severalNames`: it has hard links, which a new file in its place would part. `foreign`: it belongs to somebody
 * else, and a new file could not.
 */
export type Replacement = "replaced" | "changed" | "severalNames" | "foreign";

/**
 * Gives a person's own file new content, whole or not at all: temporary file in the same folder, fsync, rename, fsync of
 * the folder. Owner, group and permissions stay; a file that may not be written stays as it is.
 *
 * @param path without symbolic links, for a link would be replaced itself
 * @param before what the new content was made from
 * @throws the system's error where it or its folder cannot be written; the file then lies there as it was
 */
export async function replaceFile(path: string, before: Uint8Array, after: Uint8Array): Promise<Replacement> {
  // A rename asks only whether the folder may be written.
  const current = await open(path, "r+");
  const { mode, uid, gid, nlink } = await current.stat().finally(() => current.close());
  if (nlink > 1) {
    return "severalNames";
  }
  await removeAbandoned(dirname(path), basename(path));
  const permissions = mode & 0o7777;
  const temporary = await writeTemporary(path, after, { mode: permissions & 0o700 });
  let outcome: Replacement = "replaced";
  try {
    if (!(await belongTo(temporary, { uid, gid, permissions }))) {
      outcome = "foreign";
    } else if (!(await readFile(path)).equals(before)) {
      outcome = "changed";
    } else {
      await patiently(() => rename(temporary, path));
    }
  } catch (error) {
    await removeTemporary(temporary);
    throw error;
  }
  if (outcome !== "replaced") {
    await removeTemporary(temporary);
    return outcome;
  }
  // The new content is there; a crash that brings the old one back brings back all of it.
  await syncFolder(dirname(path)).catch(() => {});
  return outcome;
}

/** Resolves to `false` where a file cannot be given to somebody. Windows knows no such owners. */
async function belongTo(
  path: string,
  { uid, gid, permissions }: { readonly uid: number; readonly gid: number; readonly permissions: number },
): Promise<boolean> {
  if (process.platform === "win32") {
    return true;
  }
  const file = await open(path, "r+");
  try {
    const own = await file.stat();
    if (own.uid !== uid || own.gid !== gid) {
      await file.chown(uid, gid);
    }
    await file.chmod(permissions);
    return true;
  } catch (error) {
    if (isErrno(error, "EPERM")) {
      return false;
    }
    throw error;
  } finally {
    await file.close();
  }
}
