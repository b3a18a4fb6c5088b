/** The engines that we are compared with: installed on first use from the committed lock, never a dependency. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheEntry, makeCacheEntry, npm } from "../../support/packageCache";

const lockFolder = join(import.meta.dirname, "packages");

/** What `du` says of the installation. */
const SIZE = "560 MB";

/** The folder below which the peers' `node_modules` lies. */
export async function installPeers(say: (line: string) => void): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("The comparison runs on Linux on x64 only: its lock names that platform's binaries.");
  }
  const folder = cacheEntry("bench-peers", lockFolder);
  const isComplete = (): boolean => existsSync(join(folder, "node_modules", "node-llama-cpp"));
  if (isComplete()) {
    return folder;
  }
  say(
    `Installing transformers.js, node-llama-cpp (its prebuilt llama.cpp for the CPU) and what they need from npm ` +
      `into ${folder} (once, ${SIZE}) …`,
  );
  // No install script runs: they would download further binaries. What is optional is for other systems and GPUs.
  await makeCacheEntry(
    folder,
    lockFolder,
    (draft) => npm(draft, ["ci", "--ignore-scripts", "--omit=optional"]),
    isComplete,
  );
  return folder;
}
