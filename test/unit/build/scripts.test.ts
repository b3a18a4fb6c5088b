import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";

const top = join(import.meta.dirname, "../../..");
const importsOf = (path: string): string[] =>
  readFileSync(join(top, path), "utf8").match(/^import [^;]*;$/gm) ?? [];
const manifest = readFileSync(join(top, "package.json"), "utf8");
const scripts = [
  ...readdirSync(join(top, "build"))
    .filter((name) => name.endsWith(".mts"))
    .map((name) => `build/${name}`),
  ...[...manifest.matchAll(/\btsx (test\/[\w/]+\.ts)/g)].map(([, path = ""]) => path),
].filter((path) => importsOf(path).length > 0);

mkdirSync(join(top, "out"), { recursive: true });
// Beside `build/`, so that packages and `../server` are found from there, too.
const folder = mkdtempSync(join(top, "out", "imports-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A script is an ES module and server code is none: what the compiler finds there, Node may miss. */
it.each(scripts)("finds in Node all that it imports: %s", (path) => {
  const moved = importsOf(path)
    .join("\n")
    .replaceAll(/"(\.[^"]+)"/g, (_, name: string) => `"${join("../..", dirname(path), name)}"`);
  // Names that nothing uses would be dropped, and not be looked for.
  const names = [...moved.matchAll(/^import (?!type)\{([^}]*)\}/gm)]
    .flatMap(([, list = ""]) => list.split(","))
    .map((one) => one.trim())
    .filter((one) => one !== "" && !one.startsWith("type "));
  const script = join(folder, `${path.replaceAll("/", "-")}.mts`);
  writeFileSync(script, `${moved}\nvoid [${names.join(", ")}];\n`);
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", script], {
    cwd: top,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

it("npm start promises no more of a model's bytes than the documentation does, and shows the command line's own words", () => {
  const start = readFileSync(join(top, "build/start.mts"), "utf8");
  const promised = "or the open file that they came from";
  expect(start).toContain(promised);
  expect(readFileSync(join(top, "docs/models.md"), "utf8").replaceAll(/\s+/g, " ")).toContain(promised);
  expect(start).not.toContain("very bytes");
  expect(start).toContain("...verify().stdout");
});
