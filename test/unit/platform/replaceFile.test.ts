import { chmodSync, linkSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { replaceFile } from "../../../server/src/platform/replaceFile";
import { breakDisk, callsSoFar } from "../../support/faultyDisk";
import { temporaryFolder } from "../evidence/temporaryFolder";

const posix = process.platform !== "win32";
const before = Buffer.from("before\n");
const after = Buffer.from("after, and longer\n");

async function fileOf(mode = 0o640): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = await temporaryFolder();
  const path = join(folder, "own.ts");
  writeFileSync(path, before);
  chmodSync(path, mode);
  return { folder, path };
}

it.skipIf(!posix)("keeps permissions, whatever this process would give a new file", async () => {
  const { folder, path } = await fileOf(0o2755);
  expect(await replaceFile(path, before, after)).toBe("replaced");
  expect(readFileSync(path)).toEqual(after);
  expect(statSync(path).mode & 0o7777).toBe(0o2755);
  expect(readdirSync(folder)).toEqual(["own.ts"]);
});

it.skipIf(!posix || process.getuid?.() !== 0)("keeps owner and group", async () => {
  const { chownSync } = await import("node:fs");
  const { path } = await fileOf(0o4755);
  chownSync(path, 4242, 4343);
  chmodSync(path, 0o4755);
  expect(await replaceFile(path, before, after)).toBe("replaced");
  expect(statSync(path)).toMatchObject({ uid: 4242, gid: 4343, mode: 0o104755 });
});

it("leaves what was changed meanwhile, and what has other names", async () => {
  const { folder, path } = await fileOf();
  expect(await replaceFile(path, Buffer.from("read before that"), after)).toBe("changed");
  linkSync(path, join(folder, "other.ts"));
  expect(await replaceFile(path, before, after)).toBe("severalNames");
  expect(readFileSync(path)).toEqual(before);
  expect(readdirSync(folder).sort()).toEqual(["other.ts", "own.ts"]);
});

it("takes away what a crash left of the same file an hour ago, and nothing else", async () => {
  const { folder, path } = await fileOf();
  const names = [".own.ts.0123456789ab.tmp", ".own.ts.tmp", ".their.ts.0123456789ab.tmp"];
  for (const name of [...names, ".own.ts.ba9876543210.tmp"]) {
    writeFileSync(join(folder, name), "");
  }
  for (const name of names) {
    utimesSync(join(folder, name), 0, 0);
  }
  await replaceFile(path, before, after);
  expect(readdirSync(folder).sort()).toEqual(
    [".own.ts.ba9876543210.tmp", ...names.slice(1), "own.ts"].sort(),
  );
});

it("takes names as long as file systems do", async () => {
  const path = join(await temporaryFolder(), `${"n".repeat(252)}.ts`);
  writeFileSync(path, before);
  expect(await replaceFile(path, before, after)).toBe("replaced");
});

it.each(["ENOSPC", "EROFS", "EIO"] as const)(
  "leaves all or nothing where the disk fails with %s at any call",
  async (fault) => {
    for (let from = 1, done = false; !done; from += 1) {
      const { folder, path } = await fileOf();
      const mend = breakDisk({ fault, from, below: [folder] });
      const outcome = await replaceFile(path, before, after).catch((error: Error) => error);
      done = callsSoFar() < from;
      mend();
      expect(readFileSync(path)).toEqual(outcome === "replaced" ? after : before);
    }
  },
);
