/**
 * code-server (VS Code in a browser) for the workbench tests: found in a cache outside the clone, or installed there
 * from the committed lock beside this file. A cache entry is named by the lock's hash and appears by one rename, so
 * that a half-finished installation is never used.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface CodeServer {
  /** The Node that code-server was built with. */
  readonly node: string;
  readonly entry: string;
}

const lockFolder = join(import.meta.dirname, "code-server");

/** Where this lock's installation lies or would lie. */
export function codeServerFolder(): string {
  const lock = readFileSync(join(lockFolder, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const cache = process.env.PROOFLINE_TEST_CACHE ?? join(cacheHome(), "proofline-test");
  return join(cache, `code-server-${hash}`);
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
  const draft = `${folder}.${process.pid}.draft`;
  say(`Installing code-server into ${folder} (once, about two minutes) …`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    for (const file of ["package.json", "package-lock.json"]) {
      cpSync(join(lockFolder, file), join(draft, file));
    }
    // In two steps, because code-server's install script insists on the Node that the first step brings.
    await npm(draft, ["ci", "--ignore-scripts"], {});
    const node = inside(draft).node;
    await npm(draft, ["rebuild"], {
      PATH: `${join(node, "..")}:${process.env.PATH ?? ""}`,
      // That Node's own headers, so that nothing is downloaded to compile against.
      npm_config_nodedir: join(node, "..", ".."),
    });
    try {
      renameSync(draft, folder);
    } catch (error) {
      if (findCodeServer() === null) {
        throw error;
      }
      // Another run was faster; its copy is as good.
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return inside(folder);
}

function inside(folder: string): CodeServer {
  const modules = join(folder, "node_modules");
  return {
    node: join(modules, `node-linux-${process.arch}`, "bin", "node"),
    entry: join(modules, "code-server", "out", "node", "entry.js"),
  };
}

function cacheHome(): string {
  return process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
}

function npm(cwd: string, args: readonly string[], env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    // npm_* variables of a surrounding `npm test` would describe the wrong package and the wrong Node.
    const inherited = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/.test(name));
    const options = {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      maxBuffer: 64 * 1024 * 1024,
    };
    execFile("npm", [...args, "--no-audit", "--no-fund"], options, (error, stdout, stderr) => {
      if (error === null) {
        resolve();
      } else {
        const tail = `${stdout}\n${stderr}`.trim().split("\n").slice(-25).join("\n");
        reject(new Error(`npm ${args.join(" ")} failed in ${cwd}:\n${tail}`));
      }
    });
  });
}
