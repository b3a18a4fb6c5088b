import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAllowed, notices } from "../../../build/notices.mjs";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "proofline-notices-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function dependency(name: string, manifest: object, licence?: string): string {
  const folder = join("node_modules", name);
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, "package.json"), JSON.stringify({ name, version: "1.0.0", ...manifest }));
  if (licence !== undefined) {
    writeFileSync(join(root, folder, "LICENSE"), licence);
  }
  return folder;
}

describe("third-party notices", () => {
  it("hold each package's licence text", () => {
    const text = notices(root, [dependency("kind", { license: "MIT" }, "the text of its licence")]);
    expect(text).toContain("kind 1.0.0 (MIT)");
    expect(text).toContain("the text of its licence");
  });

  it.each(["GPL-3.0", "MIT AND GPL-2.0", "SEE LICENSE IN LICENSE", undefined])(
    "fail the build for the licence %s",
    (license) => {
      expect(() => notices(root, [dependency("unkind", { license }, "text")])).toThrow(
        /unkind.*may not be shipped/,
      );
    },
  );

  it("fail the build where a licence text is missing and none can stand in for it", () => {
    const repository = "https://example.com/bare";
    const bare = (license: string) => () => notices(root, [dependency("bare", { license, repository })]);
    expect(bare("BSD-3-Clause")).toThrow(/no licence text/);
    expect(bare("Apache-2.0")()).toMatch(/Copyright: see https:\/\/example.com\/bare\s+Apache License/);
  });

  it.each(["MIT", "(MIT OR GPL-3.0)", "Apache-2.0 AND BSD-3-Clause"])("allow %s", (expression) => {
    expect(isAllowed(expression)).toBe(true);
  });
});
