import { copyFileSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { sha256Digest } from "../../../server/src/platform/digests";
import { ReadingCache } from "../../../server/src/workflows/thread/readingCache";
import { sample, sealed } from "../../support/sampleBatch";
import { temporaryFolder } from "../../support/workspace";

const BUILD = Buffer.from("the code that reads");
const bytes = Buffer.from(sealed([sample(), sample({ path: "src/other.ts" })]).evidence);
const file = sha256Digest(bytes);
const reading = serialize(readEvidence(bytes));

async function openIn(home: string, build: Uint8Array = BUILD, mostBytes?: number): Promise<ReadingCache> {
  const cache = await ReadingCache.open(home, build, mostBytes);
  if (cache === null) {
    throw new Error("the cache cannot be opened");
  }
  return cache;
}

/** The one entry of a cache, as a path. */
function entryIn(home: string): string {
  const [name, ...others] = readdirSync(join(home, "readings")).filter((one) => one !== "key");
  if (name === undefined || others.length > 0) {
    throw new Error("the cache does not hold one entry");
  }
  return join(home, "readings", name);
}

async function filled(): Promise<string> {
  const home = temporaryFolder("home");
  await (await openIn(home)).keep(file, reading);
  return home;
}

describe("readings that are kept on the disk", () => {
  it("are what reading the file says, also to another process", async () => {
    const home = await filled();
    const found = (await openIn(home)).find(file);
    expect(deserialize(found ?? new Uint8Array())).toEqual(readEvidence(bytes));
    expect((await openIn(home)).find(sha256Digest("other bytes"))).toBeNull();
  });

  it("are none once a single bit of them was changed, or any of it is missing", async () => {
    const home = await filled();
    const cache = await openIn(home);
    const path = entryIn(home);
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 7 }), async (at, bit) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        writeFileSync(path, changed);
        expect(cache.find(file)).toBeNull();
        writeFileSync(path, whole.subarray(0, at));
        expect(cache.find(file)).toBeNull();
      }),
      { numRuns: 60 },
    );
    writeFileSync(path, whole);
    expect(cache.find(file)).not.toBeNull();
  });

  it("are none under the name of another file", async () => {
    const home = await filled();
    const path = entryIn(home);
    const forged = sha256Digest("a file that says something else");
    renameSync(path, path.replace(file, forged));
    expect((await openIn(home)).find(forged)).toBeNull();
  });

  it("are none from somebody else's home", async () => {
    const [one, other] = [await filled(), await filled()];
    copyFileSync(entryIn(other), entryIn(one));
    expect(await (await openIn(one)).find(file)).toBeNull();
  });

  it("are none to another build, which takes them away with its first own", async () => {
    const home = await filled();
    const path = entryIn(home);
    const later = await openIn(home, Buffer.from("other code"));
    expect(await later.find(file)).toBeNull();
    copyFileSync(path, `${path.slice(0, -16)}${sha256Digest(Buffer.from("other code")).slice(0, 16)}`);
    expect(await later.find(file)).toBeNull();
    await later.keep(file, reading);
    expect(await later.find(file)).toEqual(reading);
    expect((await openIn(home)).find(file)).toBeNull();
    expect(entryIn(home)).not.toBe(path);
  });

  it("never take more room than they may", async () => {
    const home = temporaryFolder("home");
    for (const name of ["a", "b", "c", "d"]) {
      await (await openIn(home, BUILD, 2.5 * reading.length)).keep(sha256Digest(name), reading);
    }
    expect(readdirSync(join(home, "readings")).filter((one) => one !== "key")).toHaveLength(2);
  });

  it.skipIf(process.platform === "win32")("are read through no link", async () => {
    const home = await filled();
    const path = entryIn(home);
    renameSync(path, join(home, "elsewhere"));
    symlinkSync(join(home, "elsewhere"), path);
    expect((await openIn(home)).find(file)).toBeNull();
  });
});
