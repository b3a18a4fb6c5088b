import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PacedRun } from "../../../server/src/protocol/pacedRun";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Runs that take a while each, and when they began. */
function runs(milliseconds: number) {
  const began: number[] = [];
  const start = performance.now();
  const paced = new PacedRun(
    async () => {
      began.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
    },
    () => {},
  );
  return { began, paced };
}

it("runs once for all that ask soon after each other", async () => {
  const { began, paced } = runs(10);
  paced.soon();
  paced.soon();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(began).toHaveLength(1);
});

it("runs again for who asked while it ran, and takes a tenth of the time at most", async () => {
  const { began, paced } = runs(1_000);
  for (let second = 0; second < 100; second += 1) {
    paced.soon();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(began.length).toBeGreaterThan(5);
  expect(began.length).toBeLessThanOrEqual(11);
});

it("does not rest where a person waits", async () => {
  const { began, paced } = runs(10_000);
  paced.soon();
  await vi.advanceTimersByTimeAsync(11_000);
  paced.soon();
  await vi.advanceTimersByTimeAsync(11_000);
  expect(began).toHaveLength(1);
  paced.now();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(began).toHaveLength(2);
});

it("runs again after a failure, and no more once it is closed", async () => {
  const log: string[] = [];
  let count = 0;
  const paced = new PacedRun(
    async () => {
      count += 1;
      throw new Error("no");
    },
    (line) => log.push(line),
  );
  paced.soon();
  await vi.advanceTimersByTimeAsync(1_000);
  paced.soon();
  await vi.advanceTimersByTimeAsync(1_000);
  expect([count, log.length]).toEqual([2, 2]);
  paced.soon();
  paced.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(count).toBe(2);
});
