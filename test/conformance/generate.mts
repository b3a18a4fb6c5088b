/**
 * Writes the conformance vectors: `npx tsx test/conformance/generate.mts`. Nothing in it is random, so that running it
 * again gives the same bytes.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { VECTORS } from "./allVectors";
import { filesOf } from "./written";

const folder = join(import.meta.dirname, "vectors");
rmSync(folder, { recursive: true, force: true });
for (const vector of VECTORS) {
  for (const [path, text] of filesOf(vector)) {
    const target = join(folder, vector.name, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}
console.log(`${VECTORS.length} vectors`);
