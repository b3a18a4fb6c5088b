/** The pin of the model that comes with Proofline. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PinManifest } from "../../server/src/models/pin/manifest";

export function embeddedManifest(): PinManifest {
  const folder = join(import.meta.dirname, "../../server/models/proofline-code");
  return PinManifest.parse(JSON.parse(readFileSync(join(folder, "pin.json"), "utf8")));
}
