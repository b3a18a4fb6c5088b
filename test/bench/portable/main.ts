/**
 * `npm run portable:digest`: prints what `portable/v1` computes here with the embedded model; `-- --write` makes it
 * the expected result, once the model was changed. The bundle that it leaves in out/ runs alone, under another CPU too:
 *
 *     qemu-x86_64 -cpu Haswell node out/portableDigest.js
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { EXPECTED_FILE, portableDigest } from "./digest";

async function main(): Promise<void> {
  const root = join(__dirname, "..");
  const started = performance.now();
  const result = await portableDigest(join(root, "server", "models", "proofline-code"));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.error(`${process.arch}, ${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${seconds} s`);
  const json = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(json);
  if (process.argv.includes("--write")) {
    writeFileSync(join(root, EXPECTED_FILE), json);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
