/**
 * Pins a model folder: node --import tsx write-pin.ts FOLDER [gate.json]
 *
 * The gate file holds `{ "gate": number }`; without one the pin gets its default.
 */

import { readFileSync } from "node:fs";
import { writePin } from "../src/models/pin/writePin";

/** What the training texts are, by the editor's identifiers. */
const LANGUAGES = ["javascript", "javascriptreact", "typescript", "typescriptreact"];

async function main(): Promise<void> {
  const [folder, gateFile] = process.argv.slice(2);
  if (folder === undefined) {
    throw new Error("Name the model folder.");
  }
  const chosen: { gate: number } | null =
    gateFile === undefined ? null : JSON.parse(readFileSync(gateFile, "utf8"));
  const { manifestDigest } = await writePin(folder, {
    languages: LANGUAGES,
    ...(chosen !== null && { confidenceGate: chosen.gate }),
  });
  console.log(`pinned ${folder}: ${manifestDigest}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
