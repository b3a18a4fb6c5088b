import { cpSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "../support/removeFolder";

const EMBEDDED = join(import.meta.dirname, "..", "..", "server", "models", "proofline-code");

export interface CopiedModel {
  readonly folder: string;
  /** The name of the file that `change` changes. */
  readonly changed: string;
  /** Changes one byte of the largest file, leaving its size alone. */
  change(): void;
  remove(): void;
}

/** A copy of the embedded model, to be spoiled. */
export function copyModel(): CopiedModel {
  const folder = mkdtempSync(join(tmpdir(), "proofline-model-"));
  cpSync(EMBEDDED, folder, { recursive: true });
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort((one, other) => statSync(join(folder, other)).size - statSync(join(folder, one)).size);
  const [largest = ""] = files;
  return {
    folder,
    changed: largest.split(/[\\/]/).at(-1) ?? "",
    change: () => {
      const bytes = readFileSync(join(folder, largest));
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      writeFileSync(join(folder, largest), bytes);
    },
    remove: () => removeFolder(folder),
  };
}
