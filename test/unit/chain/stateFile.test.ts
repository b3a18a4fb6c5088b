import { mkdtemp, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isCurrent,
  stateExists,
  wholeStates,
  writeState,
} from "../../../server/src/chain/embedded/stateFile";
import { afterwards } from "../../support/chainTest";

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "proofline-state-"));
  afterwards(() => rm(folder, { recursive: true }));
  return folder;
}

const packed = (value: unknown): Buffer => gzipSync(JSON.stringify(value));

async function states(folder: string): Promise<{ value: unknown; current: boolean }[]> {
  const found = [];
  for await (const state of wholeStates(folder)) {
    found.push({ value: JSON.parse(state.json), current: isCurrent(state) });
  }
  return found;
}

test("the newest comes first, and the one before stays", async () => {
  const folder = await newFolder();
  expect(await stateExists(folder)).toBe(false);
  expect(await states(folder)).toEqual([]);
  for (const value of [1, 2, 3]) {
    await writeState(folder, packed(value));
  }
  expect(await stateExists(folder)).toBe(true);
  expect(await states(folder)).toEqual([
    { value: 3, current: true },
    { value: 2, current: false },
  ]);
  expect((await readdir(folder)).sort()).toEqual(["state.json.gz", "state.previous.json.gz"]);
});

test("a crash between the two renames leaves the state before", async () => {
  const folder = await newFolder();
  await writeState(folder, packed("before"));
  await writeFile(join(folder, "state.temporary.json.gz"), packed("after"));
  await rename(join(folder, "state.json.gz"), join(folder, "state.previous.json.gz"));
  expect(await stateExists(folder)).toBe(true);
  expect(await states(folder)).toEqual([{ value: "before", current: false }]);
  await writeState(folder, packed("next"));
  expect(await states(folder)).toEqual([
    { value: "next", current: true },
    { value: "before", current: false },
  ]);
});

test("a state torn at any byte, or with any byte changed, is never taken for whole", async () => {
  const folder = await newFolder();
  const whole = packed({ accounts: { a: 1 }, blocks: [1, 2, 3] });
  const path = join(folder, "state.json.gz");
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      await writeFile(path, whole);
      await truncate(path, at);
      expect(await states(folder)).toEqual([]);
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ change;
      await writeFile(path, changed);
      // The header's time and system are all that gzip does not check, and they change nothing.
      for (const { value } of await states(folder)) {
        expect(value).toEqual({ accounts: { a: 1 }, blocks: [1, 2, 3] });
      }
    }),
    { numRuns: 200 },
  );
});
