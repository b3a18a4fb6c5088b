import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { commitOf, committedFiles, contentsOf } from "../../../server/src/platform/git";
import { temporaryFolder } from "../../support/workspace";

function git(cwd: string, ...parameters: readonly string[]): string {
  const identity = ["-c", "user.name=sample", "-c", "user.email=sample@example.com"];
  return execFileSync("git", [...identity, ...parameters], { cwd, encoding: "utf8" }).trim();
}

it("asks no remote for what a partial clone lacks, whatever program the repository's settings name for it", async () => {
  const origin = temporaryFolder("origin");
  git(origin, "init", "-q");
  git(origin, "config", "uploadpack.allowFilter", "true");
  writeFileSync(join(origin, "code.ts"), "one\n");
  git(origin, "add", "-A");
  git(origin, "commit", "-qm", "one");
  const object = git(origin, "rev-parse", "HEAD:code.ts");
  const folder = join(temporaryFolder("clones"), "clone");
  git(origin, "clone", "-q", "--filter=blob:none", "--no-checkout", `file://${origin}`, folder);
  const ran = join(origin, "ran");
  git(folder, "config", "remote.origin.url", `ext::touch ${ran}`);
  git(folder, "config", "protocol.ext.allow", "always");

  const commit = (await commitOf(folder, "HEAD")) ?? "";
  expect(await committedFiles(folder, commit, ".")).toBeNull();
  expect(await contentsOf(folder, [object])).toEqual([null]);
  expect(existsSync(ran)).toBe(false);
});
