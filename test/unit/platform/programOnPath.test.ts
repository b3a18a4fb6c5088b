import { chmodSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { programOnPath } from "../../../server/src/platform/programOnPath";
import { removeFolder } from "../../support/removeFolder";

let scratch: string;
let repository: string;

beforeEach(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-path-")));
  repository = join(scratch, "repository");
  for (const folder of ["repository", "one", "two"]) {
    mkdirSync(join(scratch, folder));
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  removeFolder(scratch);
});

function program(folder: string, mode = 0o755): string {
  const path = join(scratch, folder, "tool");
  writeFileSync(path, "");
  chmodSync(path, mode);
  return path;
}

function search(...folders: readonly string[]): Promise<string | null> {
  vi.stubEnv("PATH", folders.join(delimiter));
  return programOnPath("tool", repository);
}

describe.skipIf(process.platform === "win32")("a program that PATH names", () => {
  it("is the first that can be run", async () => {
    program("one", 0o644);
    const second = program("two");
    expect(await search(join(scratch, "none"), join(scratch, "one"), join(scratch, "two"))).toBe(second);
    expect(await search(join(scratch, "one"))).toBe(null);
  });

  it("is never one that came with the repository, by whatever way PATH leads there", async () => {
    const planted = program("repository");
    symlinkSync(planted, join(scratch, "one", "tool"));
    symlinkSync(repository, join(scratch, "link"));
    const ways = [repository, join(scratch, "link"), join(scratch, "one")];
    for (const way of ways) {
      expect(await search(way)).toBe(null);
    }
    const honest = program("two");
    expect(await search(...ways, join(scratch, "two"))).toBe(honest);
  });

  it("is none in a folder that PATH names from wherever one stands", async () => {
    const here = process.cwd();
    program("two");
    process.chdir(join(scratch, "two"));
    try {
      expect(await search("", ".", "../two")).toBe(null);
    } finally {
      process.chdir(here);
    }
  });
});
