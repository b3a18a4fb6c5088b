/**
 * code-server (VS Code in a browser) for the workbench tests: found in a cache outside the clone, or installed there
 * from the committed lock beside this file.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheEntry, makeCacheEntry, npm } from "../support/packageCache";

export interface CodeServer {
  /** The Node that code-server was built with. */
  readonly node: string;
  readonly entry: string;
  /** The folder of VS Code's built-in extensions. */
  readonly extensions: string;
}

const lockFolder = join(import.meta.dirname, "code-server");

/** Where this lock's installation lies or would lie. */
export function codeServerFolder(): string {
  return cacheEntry("code-server", lockFolder);
}

/** The installation in the cache, or `null`. */
export function findCodeServer(): CodeServer | null {
  const found = inside(codeServerFolder());
  return existsSync(found.node) && existsSync(found.entry) ? found : null;
}

/** The installation in the cache; where there is none, installs it first (about two minutes). */
export async function installCodeServer(say: (line: string) => void = () => {}): Promise<CodeServer> {
  const found = findCodeServer();
  if (found !== null) {
    return found;
  }
  const folder = codeServerFolder();
  say(`Installing code-server into ${folder} (once, about two minutes) …`);
  const install = async (draft: string): Promise<void> => {
    // In two steps, because code-server's install script insists on the Node that the first step brings.
    await npm(draft, ["ci", "--ignore-scripts"]);
    const node = inside(draft).node;
    await npm(draft, ["rebuild"], {
      PATH: `${join(node, "..")}:${process.env.PATH ?? ""}`,
      // That Node's own headers, so that nothing is downloaded to compile against.
      npm_config_nodedir: join(node, "..", ".."),
    });
  };
  await makeCacheEntry(folder, lockFolder, install, () => findCodeServer() !== null);
  return inside(folder);
}

function inside(folder: string): CodeServer {
  const modules = join(folder, "node_modules");
  return {
    node: join(modules, `node-linux-${process.arch}`, "bin", "node"),
    entry: join(modules, "code-server", "out", "node", "entry.js"),
    extensions: join(modules, "code-server", "lib", "vscode", "extensions"),
  };
}
