import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const top = join(import.meta.dirname, "../..");

/** Suites whose processes may still be writing as a test ends. */
const SUITES = ["integration", "vscode"];

it("removes folders, where processes may still be writing in them, by the one function that bears it", () => {
  const files = SUITES.flatMap((suite) =>
    readdirSync(join(top, suite), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(suite, name)),
  );
  const using = (what: RegExp): string[] =>
    files.filter((file) => what.test(readFileSync(join(top, file), "utf8")));
  expect(using(/\bremoveFolder\(/)).toContain(join("vscode", "workbench.ts"));
  expect(using(/\brm(?:Sync)?\([^;]*recursive: true/)).toEqual([]);
});
