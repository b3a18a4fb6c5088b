import { cpSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./languageClient";

/** A folder with the embedded model under another name, so that it has a pin of its own, which no installation knows. */
export function otherModel(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "proofline-other-model-")));
  cpSync(join(ROOT, "server", "models", "proofline-code"), folder, { recursive: true });
  const pin = join(folder, "pin.json");
  writeFileSync(pin, readFileSync(pin, "utf8").replace('"name": "proofline-code"', '"name": "other-code"'));
  return folder;
}
