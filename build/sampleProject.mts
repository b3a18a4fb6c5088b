// The sample project in a folder of its own, where a person can try the extension and keep what they tried.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./bundle.mjs";

/** Where the copy lies; not versioned. */
export const sampleFolder = join(root, "out", "sample");

/** Makes the sample project afresh, as a git repository of its own. */
export function prepareSample(): void {
  rmSync(sampleFolder, { recursive: true, force: true });
  cpSync(join(root, "build", "sample"), sampleFolder, { recursive: true });
  spawnSync("git", ["init", "--quiet"], { cwd: sampleFolder });
}

// Run by itself, before an editor opens it, it leaves what is there.
if (process.argv[1] === fileURLToPath(import.meta.url) && !existsSync(sampleFolder)) {
  prepareSample();
}
