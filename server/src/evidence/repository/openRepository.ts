import { realpath, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ProoflineError } from "../../platform/errors";
import { gitTop } from "../../platform/git";
import { isInside } from "../../platform/insideFolder";
import { REPOSITORY_FOLDER } from "./places";
import { Repository } from "./repository";

/**
 * Finds the repository that a file or folder belongs to: its git work tree, else the innermost of `folders` (those of
 * the workspace) that it lies in, else the nearest folder above it that has a `.proofline/repository`.
 *
 * @throws ProoflineError `repository` where it belongs to none.
 */
export async function openRepository(path: string, folders: readonly string[] = []): Promise<Repository> {
  const real = await realPathOf(path);
  const start = (await isDirectory(real)) ? real : dirname(real);
  const top = await gitTop(start);
  if (top !== null) {
    return new Repository(top, true);
  }
  const containing = (await Promise.all(folders.map(realPathOf)))
    .filter((folder) => isInside(folder, real))
    .sort((a, b) => b.length - a.length);
  const folder = containing[0] ?? (await nearestKnown(start));
  if (folder !== null && folder !== undefined) {
    return new Repository(folder, false);
  }
  throw new ProoflineError(
    "repository",
    `${path} is neither in a git repository nor in an open folder.`,
    "makeRepository",
  );
}

/** The real path of the longest part that exists, completed by the rest: a new document has no file yet. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOf(parent), relative(parent, path));
  }
}

async function nearestKnown(folder: string): Promise<string | null> {
  for (let current = folder; ; current = dirname(current)) {
    if (await isDirectory(join(current, REPOSITORY_FOLDER))) {
      return current;
    }
    if (dirname(current) === current) {
      return null;
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
