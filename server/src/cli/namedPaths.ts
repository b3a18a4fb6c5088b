import { realpath } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { isErrno } from "../platform/durable";
import { isInside } from "../platform/insideFolder";
import { CommandError } from "./commandError";

/**
 * The files and folders that a person named, as paths below the repository's top; the top itself is the empty path.
 *
 * @throws CommandError `document` for one that does not exist, or lies outside the repository
 */
export function namedPaths(repositoryFolder: string, typed: readonly string[]): Promise<string[]> {
  return Promise.all(typed.map((path) => namedPath(repositoryFolder, path)));
}

async function namedPath(repositoryFolder: string, typed: string): Promise<string> {
  const real = await realpath(resolve(typed)).catch((error: unknown) => {
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) {
      throw new CommandError(
        "document",
        `${typed} does not exist.`,
        "Check the path, or name none to cover the whole repository.",
        { cause: error },
      );
    }
    throw error;
  });
  if (!isInside(repositoryFolder, real)) {
    throw new CommandError(
      "document",
      `${typed} lies outside the repository ${repositoryFolder}.`,
      "Run the command in the repository that holds it.",
    );
  }
  return relative(repositoryFolder, real).replaceAll("\\", "/");
}
