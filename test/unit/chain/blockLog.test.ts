import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import {
  BlockLog,
  BrokenLog,
  chainExists,
  createLog,
  DamagedLog,
  formatLog,
  type LogStorage,
  logPath,
  parseLog,
} from "../../../server/src/chain/embedded/blockLog";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) {
    await rm(folder, { recursive: true, force: true });
  }
});

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "proofline-log-"));
  folders.push(folder);
  return logPath(folder);
}

const contents = fc.array(fc.uint8Array({ maxLength: 1_500 }), { minLength: 1, maxLength: 6 });

/** Where each record ends. */
function ends(records: readonly Uint8Array[]): number[] {
  return records.map((_, index) => formatLog(records.slice(0, index + 1)).length);
}

function read(bytes: Uint8Array): Uint8Array[] {
  return parseLog(bytes).records.map((record) => Uint8Array.from(record));
}

describe("a log's bytes", () => {
  test("hold what was written", () => {
    fc.assert(
      fc.property(contents, (records) => {
        expect(read(formatLog(records))).toEqual(records);
      }),
    );
  });

  test("cut at any byte hold the records before, and are torn where that is within a record", () => {
    fc.assert(
      fc.property(contents, fc.double({ min: 0, max: 1, noNaN: true }), (records, at) => {
        const whole = formatLog(records);
        const cut = Math.floor(at * whole.length);
        const before = ends(records).filter((end) => end <= cut);
        if (before.length === 0) {
          expect(() => parseLog(whole.subarray(0, cut))).toThrow(DamagedLog);
          return;
        }
        expect(read(whole.subarray(0, cut))).toEqual(records.slice(0, before.length));
        expect(parseLog(whole.subarray(0, cut)).tornBytes).toBe(cut - (before.at(-1) ?? 0));
      }),
      { numRuns: 500 },
    );
  });

  test("with any byte changed are damaged, and never cut", () => {
    fc.assert(
      fc.property(contents, fc.nat(), fc.integer({ min: 1, max: 255 }), (records, at, change) => {
        const bytes = Buffer.from(formatLog(records));
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ change;
        expect(() => parseLog(bytes)).toThrow(DamagedLog);
      }),
      { numRuns: 1_000 },
    );
  });

  test("with a byte changed and cut are damaged, or hold only records that were written", () => {
    fc.assert(
      fc.property(
        contents,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(),
        (records, at, change, cut) => {
          const bytes = Buffer.from(formatLog(records));
          const index = at % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ change;
          try {
            const held = read(bytes.subarray(0, cut % (bytes.length + 1)));
            expect(held).toEqual(records.slice(0, held.length));
          } catch (error) {
            expect(error).toBeInstanceOf(DamagedLog);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("with records exchanged, doubled or left out are damaged", () => {
    const records = [1, 2, 3, 4].map((value) => new Uint8Array(200).fill(value));
    const whole = formatLog(records);
    const [first = 0, second = 0, third = 0] = ends(records);
    const part = (from: number, to?: number): Uint8Array => whole.subarray(from, to);
    for (const parts of [
      [part(0, first), part(second, third), part(first, second), part(third)],
      [part(0, second), part(first, second), part(second)],
      [part(0, first), part(second)],
    ]) {
      expect(() => parseLog(Buffer.concat(parts))).toThrow(DamagedLog);
    }
  });

  test("whose last record never reached the disk in whole sectors are torn, and damaged where others follow", () => {
    const records = [new Uint8Array(100).fill(1), new Uint8Array(3_000).fill(2)];
    const whole = formatLog(records);
    const [first = 0] = ends(records);
    const unwritten = Buffer.from(whole).fill(0, 1_024, 2_048);
    expect(parseLog(unwritten)).toMatchObject({ end: first, tornBytes: whole.length - first });
    expect(parseLog(Buffer.concat([whole, new Uint8Array(4_096)])).tornBytes).toBe(4_096);
    const longer = Buffer.from(formatLog([...records, new Uint8Array(10)])).fill(0, 1_024, 2_048);
    expect(() => parseLog(longer)).toThrow(DamagedLog);
    expect(() => parseLog(Buffer.concat([whole, new Uint8Array(4_096), whole]))).toThrow(DamagedLog);
  });
});

test("a log is made once, whole, and found", async () => {
  const path = await newPath();
  expect(await chainExists(join(path, ".."))).toBe(false);
  expect(await createLog(path, new Uint8Array(3))).toBe(true);
  expect(await createLog(path, new Uint8Array(4))).toBe(false);
  expect(await chainExists(join(path, ".."))).toBe(true);
  expect(read(await readFile(path))).toEqual([new Uint8Array(3)]);
});

test("what is appended is there when it is opened again, and an unfinished end is told of before it is cut", async () => {
  const path = await newPath();
  await createLog(path, new Uint8Array([0]));
  const { log } = await BlockLog.open(path);
  await log.append(new Uint8Array([1]));
  await log.append(new Uint8Array([2]));
  await log.close();
  const whole = await readFile(path);
  await truncate(path, whole.length - 5);
  await expect(
    BlockLog.open(path, {
      beforeCut: async () => {
        throw new Error("cannot be told");
      },
    }),
  ).rejects.toThrow("cannot be told");
  expect((await readFile(path)).length).toBe(whole.length - 5);
  const told: number[] = [];
  const { log: again, contents: held } = await BlockLog.open(path, {
    beforeCut: async ({ tornBytes }) => void told.push(tornBytes),
  });
  expect(held.records).toHaveLength(2);
  expect(told).toEqual([held.tornBytes]);
  await again.append(new Uint8Array([3]));
  await again.close();
  expect(read(await readFile(path))).toEqual([[0], [1], [3]].map((bytes) => Uint8Array.from(bytes)));
});

test("a damaged log is not opened, and not touched", async () => {
  const path = await newPath();
  await createLog(path, new Uint8Array(50));
  const bytes = await readFile(path);
  bytes[30] = 9;
  await writeFile(path, bytes);
  await expect(BlockLog.open(path)).rejects.toThrow(DamagedLog);
  expect(await readFile(path)).toEqual(bytes);
});

/** Fails at the n-th call that changes something; a write that fails has written half before. */
function failing(code: string, at: number, seen: string[] = []): (storage: LogStorage) => LogStorage {
  let calls = 0;
  const step = async (name: string, run: () => Promise<void>, half: () => Promise<void> = async () => {}) => {
    seen.push(name);
    if (calls++ === at) {
      await half();
      throw Object.assign(new Error(`${code}: injected`), { code });
    }
    await run();
  };
  return (storage) => ({
    ...storage,
    write: (bytes, position) =>
      step(
        "write",
        () => storage.write(bytes, position),
        () => storage.write(bytes.subarray(0, bytes.length >> 1), position),
      ),
    sync: () => step("sync", () => storage.sync()),
    truncate: (size) => step("truncate", () => storage.truncate(size)),
  });
}

test.each(["ENOSPC", "EROFS", "EIO", "EDQUOT"])(
  "where %s stops any call, a record is whole or not there, and the next one goes on",
  async (code) => {
    for (let at = 0; at < 12; at++) {
      const path = await newPath();
      await createLog(path, new Uint8Array([0]));
      const { log } = await BlockLog.open(path, { wrap: failing(code, at) });
      const confirmed: number[] = [0];
      for (let value = 1; value <= 6; value++) {
        try {
          await log.append(new Uint8Array(700).fill(value));
          confirmed.push(value);
        } catch (error) {
          expect(error).toMatchObject({ message: expect.stringContaining("injected") });
        }
      }
      await log.close();
      const held = read(await readFile(path)).map((bytes) => bytes[0]);
      expect(held).toEqual(confirmed);
      expect(confirmed.length).toBeGreaterThanOrEqual(6);
    }
  },
);

test("where a failed write cannot be taken back, nothing more is written until the log is opened anew", async () => {
  const path = await newPath();
  await createLog(path, new Uint8Array([0]));
  let broken = false;
  const { log } = await BlockLog.open(path, {
    wrap: (storage) => ({
      ...storage,
      sync: async () => {
        throw new Error("the disk is gone");
      },
      truncate: async () => {
        broken = true;
        throw new Error("the disk is gone");
      },
    }),
  });
  await expect(log.append(new Uint8Array([1]))).rejects.toThrow(BrokenLog);
  expect(broken).toBe(true);
  const before = await readFile(path);
  await expect(log.append(new Uint8Array([2]))).rejects.toThrow(BrokenLog);
  expect(await readFile(path)).toEqual(before);
  await log.close();
  // What was written may have become durable or not; whole it is in either case.
  const { log: again, contents: held } = await BlockLog.open(path);
  expect(held.records.length).toBeLessThanOrEqual(2);
  await again.close();
});

test("another writer is noticed, and nothing is written over it", async () => {
  const path = await newPath();
  await createLog(path, new Uint8Array([0]));
  const { log } = await BlockLog.open(path);
  const { log: other } = await BlockLog.open(path);
  await other.append(new Uint8Array([1]));
  await expect(log.append(new Uint8Array([2]))).rejects.toThrow(/another program/);
  await log.close();
  await other.close();
  expect(read(await readFile(path))).toEqual([[0], [1]].map((bytes) => Uint8Array.from(bytes)));
});
