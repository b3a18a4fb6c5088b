import { fileURLToPath } from "node:url";
import { openRepository } from "../evidence/repository/openRepository";
import type { Repository } from "../evidence/repository/repository";
import { EditorError } from "./editorError";

/**
 * The repository of a workspace folder that the editor names by its URI.
 *
 * @throws EditorError `repository` where the folder is not on this machine
 */
export async function openWorkspaceFolder(uri: string): Promise<Repository> {
  const path = pathOf(uri);
  return openRepository(path, [path]);
}

function pathOf(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch {
    throw new EditorError(
      "repository",
      "The workspace folder is not on this machine.",
      "Open a local folder.",
    );
  }
}
