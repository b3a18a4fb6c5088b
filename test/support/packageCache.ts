/**
 * Packages that only tests and benchmarks need, installed from a committed lock into a cache outside the clone. A
 * cache entry is named by the lock's hash and appears by one rename, so that a half-finished one is never used.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The folder below which everything is cached. */
export function testCache(): string {
  const home = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return process.env.PROOFLINE_TEST_CACHE ?? join(home, "proofline-test");
}

/** Where the installation of a lock lies or would lie. */
export function cacheEntry(name: string, lockFolder: string): string {
  const lock = readFileSync(join(lockFolder, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  return join(testCache(), `${name}-${hash}`);
}

/**
 * Makes a cache entry: `install` works in a draft that holds the lock.
 *
 * @param isComplete says whether the entry is usable; another process may have been faster
 */
export async function makeCacheEntry(
  folder: string,
  lockFolder: string,
  install: (draft: string) => Promise<void>,
  isComplete: () => boolean,
): Promise<void> {
  const draft = `${folder}.${process.pid}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    for (const file of ["package.json", "package-lock.json"]) {
      cpSync(join(lockFolder, file), join(draft, file));
    }
    await install(draft);
    try {
      renameSync(draft, folder);
    } catch (error) {
      if (!isComplete()) {
        throw error;
      }
      // Another run was faster; its copy is as good.
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

export function npm(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    // Of a surrounding `npm test` they would describe the wrong package and the wrong Node.
    const describesCaller = /^npm_(?!config_)|^npm_config_(?:user_agent|local_prefix)$/;
    const inherited = Object.entries(process.env).filter(([name]) => !describesCaller.test(name));
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
