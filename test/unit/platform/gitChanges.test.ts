/** Changed lines as git tells of them, held to git itself over random edits. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changesSince, readDiff } from "../../../server/src/platform/gitChanges";
import { removeFolder } from "../../support/removeFolder";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "proofline-changes-"));
  git("init", "--quiet");
});
afterEach(() => removeFolder(folder));

function git(...parameters: readonly string[]): string {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false"];
  return execFileSync("git", [...identity, ...parameters], { cwd: folder, encoding: "utf8" });
}

function commit(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
  }
  git("add", "-A");
  git("commit", "--quiet", "--allow-empty", "--message", "Files");
  return git("rev-parse", "HEAD").trim();
}

/** Numbers that are the same in every run. */
function* numbers(seed: number): Generator<number, never, unknown> {
  for (let state = seed; ; state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) {
    yield state;
  }
}

describe("changed lines", () => {
  it("are today's lines that the base does not have there, whatever stands in them", async () => {
    const random = numbers(7);
    const next = (below: number): number => (random.next().value >>> 8) % below;
    const LINES = [
      "one",
      "two",
      "",
      "--- a/x",
      "+++ b/x",
      "@@ -1,2 +3,4 @@",
      "diff --git a/x b/x",
      "\\ No newline",
      "\u00e4",
    ];
    const text = (): string[] => Array.from({ length: next(12) }, () => LINES[next(LINES.length)] ?? "");
    for (let round = 0; round < 40; round += 1) {
      const [before, after] = [text(), text()];
      const base = commit({ a: before.join("\n"), b: "the same\n" });
      writeFileSync(join(folder, "a"), after.join("\n"));
      const changes = (await changesSince(folder, base)) ?? [];
      expect(changes.every(({ path }) => path === "a")).toBe(true);
      const changed = new Set(
        (changes[0]?.lines ?? []).flatMap(({ start, end }) => {
          return Array.from({ length: end - start + 1 }, (_, index) => start + index);
        }),
      );
      // What is left of today's text is a part of the base's, in order.
      let at = 0;
      // What follows the last line break is a line only where something stands there.
      const lines = after.at(-1) === "" ? after.slice(0, -1) : after;
      const kept = lines.filter((_, index) => !changed.has(index + 1));
      for (const line of kept) {
        at = before.indexOf(line, at) + 1;
        expect(at, JSON.stringify({ before, after, changes })).toBeGreaterThan(0);
      }
    }
  });

  it("have the names that files have today, however git quotes them", async () => {
    const names = ['"', "a b", "tab\t.ts", "\u00e4\u{1f600}", "back\\slash", "new\nline", "b/a"];
    const files = names.filter((name) => !name.includes("/"));
    const base = commit({ old: "1\n2\n3\n4\n5\n6\n7\n8\n", gone: "gone\n" });
    for (const name of files) {
      writeFileSync(join(folder, name), "x\n");
    }
    git("add", "-A");
    git("mv", "old", "renamed");
    git("rm", "--quiet", "gone");
    writeFileSync(join(folder, "untracked"), "x\n");
    const changes = (await changesSince(folder, base)) ?? [];
    expect(changes.map(({ path }) => path).sort()).toEqual(
      [...files, "gone", "old", "renamed", "untracked"].sort(),
    );
    expect(changes.find(({ path }) => path === "renamed")).toMatchObject({
      isNew: true,
      isGone: false,
      lines: [],
    });
    for (const name of ["gone", "old"]) {
      expect(changes.find(({ path }) => path === name)).toMatchObject({ isGone: true, lines: [] });
    }
    expect(await changesSince(folder, "0".repeat(40))).toBeNull();
  });

  it("of a diff that is none are none", () => {
    expect(readDiff("")).toEqual([]);
    expect(readDiff("nonsense\n@@ -1 +1 @@\n+++ b/x\n")).toEqual([]);
  });
});
