import { rmSync } from "node:fs";

/**
 * Removes a folder in which a process of the test may still be writing its last lines. A plain removal fails with
 * `ENOTEMPTY` where a file appears after its folder was read.
 */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
