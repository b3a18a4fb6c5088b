import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LookedUp } from "../../../server/src/lsp/lookedUp";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What lies on a disk that a test writes to, and how often somebody looked. */
function disk(first: string) {
  let [value, looks, told, failing] = [first, 0, 0, false];
  const lines: string[] = [];
  const found = new LookedUp(
    (key: string) => key,
    async () => {
      looks += 1;
      if (failing) {
        throw new Error("no disk");
      }
      return { value };
    },
    (line) => lines.push(line),
  );
  found.onChange(() => {
    told += 1;
  });
  return {
    of: async () => (await found.of("a")).value,
    refresh: () => found.refresh(),
    write: (now: string) => {
      value = now;
    },
    fail: (now: boolean) => {
      failing = now;
    },
    seen: () => ({ looks, told }),
    lines,
  };
}

/** Lets time pass, and what is under way end. */
const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

test("looks once for all questions of a while", async () => {
  const { of, seen } = disk("one");
  expect([await of(), await of()]).toEqual(["one", "one"]);
  await pass(2_999);
  expect(await of()).toBe("one");
  expect(seen()).toEqual({ looks: 1, told: 0 });
});

test("answers with what is known, looks meanwhile, and tells of another thing once", async () => {
  const { of, seen, write } = disk("one");
  await of();
  write("two");
  await pass(3_000);
  expect(await of()).toBe("one");
  await pass(0);
  expect(seen()).toEqual({ looks: 2, told: 1 });
  expect(await of()).toBe("two");
  await pass(3_000);
  await of();
  await pass(0);
  expect(seen().told).toBe(1);
});

test("tells nothing of what is as it was", async () => {
  const { of, seen } = disk("one");
  await of();
  await pass(3_000);
  await of();
  await pass(0);
  expect(seen()).toEqual({ looks: 2, told: 0 });
});

test("waits for the disk after somebody said that it is another, and tells nobody what they said", async () => {
  const { of, seen, write, refresh } = disk("one");
  await of();
  write("two");
  refresh();
  expect(await of()).toBe("two");
  expect(seen()).toEqual({ looks: 2, told: 0 });
});

test("keeps what it knows while nobody can look, and does not keep a failure", async () => {
  const { of, seen, fail, lines } = disk("one");
  await of();
  fail(true);
  await pass(3_000);
  expect(await of()).toBe("one");
  await pass(0);
  expect(lines).toEqual(["a: no disk"]);
  fail(false);

  const broken = disk("one");
  broken.fail(true);
  await expect(broken.of()).rejects.toThrow("no disk");
  broken.fail(false);
  await pass(3_000);
  await expect(broken.of()).rejects.toThrow("no disk");
  await pass(0);
  expect(await broken.of()).toBe("one");
  expect([seen().told, broken.seen().told]).toEqual([0, 1]);
});
