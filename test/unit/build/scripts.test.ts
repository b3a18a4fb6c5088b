import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const top = join(import.meta.dirname, "../../..");
const importsOf = (name: string): string[] =>
  readFileSync(join(top, "build", name), "utf8").match(/^import [^;]*;$/gm) ?? [];
const scripts = readdirSync(join(top, "build")).filter(
  (name) => name.endsWith(".mts") && importsOf(name).length > 0,
);

mkdirSync(join(top, "out"), { recursive: true });
// Beside `build/`, so that packages and `../server` are found from there, too.
const folder = mkdtempSync(join(top, "out", "imports-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A script is an ES module and server code is none: what the compiler finds there, Node may miss. */
it.each(scripts)("finds in Node all that it imports: build/%s", (name) => {
  const moved = importsOf(name)
    .join("\n")
    .replaceAll('"./', '"../../build/')
    .replaceAll('"../server/', '"../../server/');
  // Names that nothing uses would be dropped, and not be looked for.
  const names = [...moved.matchAll(/^import (?!type)\{([^}]*)\}/gm)]
    .flatMap(([, list = ""]) => list.split(","))
    .map((one) => one.trim())
    .filter((one) => one !== "" && !one.startsWith("type "));
  writeFileSync(join(folder, name), `${moved}\nvoid [${names.join(", ")}];\n`);
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(folder, name)], {
    cwd: top,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});
