/** The Node of an editor is newer than the oldest that the command line runs on, and gives memory back in other ways. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findCodeServer } from "./codeServer";
import { scaled } from "./slowness";

const root = join(import.meta.dirname, "..", "..");
/** What loads and runs graphs. */
const FILES = ["engine", "heldFile", "cacheInPlace", "sequencePool", "layouts", "replay"];

it("runs the engine's own tests", () => {
  const server = findCodeServer();
  if (server === null) {
    throw new Error("the suite installs it");
  }
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const { stdout, status } = spawnSync(
    server.node,
    [
      join(root, "node_modules", "vitest", "vitest.mjs"),
      ...["run", "--project", "unit", `--testTimeout=${scaled(120_000)}`],
      ...FILES.map((name) => `test/unit/inference/${name}.test.ts`),
    ],
    { cwd: root, encoding: "utf8", env: Object.fromEntries(ours) },
  );
  expect(status, stdout).toBe(0);
});
