import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const top = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(top, path), "utf8");
const folder = ".github/workflows";
const workflows = readdirSync(join(top, folder)).map((name) => [name, read(`${folder}/${name}`)] as const);

/** What a pattern's only group matches, wherever it does. */
function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = ""]) => found);
}

describe.each(workflows)("the workflow %s", (_, text) => {
  it("runs actions by the commit, and says which release that is", () => {
    const actions = all(text, /\buses: (.+)$/gm);
    expect(actions).not.toEqual([]);
    expect(actions.filter((action) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  });

  it("may read the repository, and nothing else", () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    expect(text.match(/\bpermissions:|: write\b/g)).toEqual(["permissions:"]);
  });

  it("calls scripts that are there", () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read("package.json")));
    const called = all(text, /\bnpm run ([\w:-]+)/g);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
    const files = all(text, /\brun: (\.[\w./-]+)/g);
    expect(files.filter((path) => !existsSync(join(top, path)))).toEqual([]);
  });
});

it("suites that continuous integration chooses are suites of the test command", () => {
  const suites = all(/SUITES = \[(.+)\]/.exec(read("test/run.mjs"))?.[1] ?? "", /"(\w+)"/g);
  const chosen = all(read(`${folder}/ci.yml`), /PROOFLINE_TEST: (.+)$/gm).flatMap((names) =>
    names.split(","),
  );
  expect(chosen).not.toEqual([]);
  expect(chosen.filter((name) => !suites.includes(name))).toEqual([]);
});

it("a release holds a package for each platform that one can be made for", () => {
  const makeable = all(read("build/package.mts"), /^ {2}"([\w-]+)": "\w+\/\w+",$/gm);
  const released = all(read(`${folder}/release.yml`), /\{ target: ([\w-]+),/g);
  expect(makeable).not.toEqual([]);
  expect(released.toSorted()).toEqual(makeable.toSorted());
});
