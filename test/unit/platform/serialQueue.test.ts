import { expect, it } from "vitest";
import { SerialQueue } from "../../../server/src/platform/serialQueue";

/** A step that ends when it is told to. */
function held(): { readonly step: () => Promise<void>; readonly end: () => void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { step: () => ended, end: () => end() };
}

it("runs steps one after the other, in their order", async () => {
  const queue = new SerialQueue();
  const first = held();
  const seen: string[] = [];
  const one = queue.run(async () => {
    seen.push("first begins");
    await first.step();
    seen.push("first ends");
  });
  const two = queue.run(() => seen.push("second"));
  first.end();
  await Promise.all([one, two]);
  expect(seen).toEqual(["first begins", "first ends", "second"]);
});

it("gives each caller what its step came to", async () => {
  const queue = new SerialQueue();
  expect(await queue.run(async () => 1)).toBe(1);
  expect(await queue.run(() => "two")).toBe("two");
});

it("tells a failure to its caller alone, and goes on", async () => {
  const queue = new SerialQueue();
  const failing = queue.run(async () => {
    throw new Error("no");
  });
  const throwing = queue.run(() => {
    throw new Error("not at all");
  });
  const after = queue.run(() => "goes on");
  await expect(failing).rejects.toThrow("no");
  await expect(throwing).rejects.toThrow("not at all");
  expect(await after).toBe("goes on");
});

it("is idle once nothing runs or waits, steps that are added meanwhile included", async () => {
  const queue = new SerialQueue();
  expect(queue.isIdle).toBe(true);
  await queue.idle();
  const first = held();
  const seen: string[] = [];
  void queue.run(async () => {
    await first.step();
    void queue.run(() => seen.push("added by the first"));
  });
  expect(queue.isIdle).toBe(false);
  const idle = queue.idle().then(() => seen.push("idle"));
  first.end();
  await idle;
  expect(queue.isIdle).toBe(true);
  expect(seen).toEqual(["added by the first", "idle"]);
});

it("is idle after a failure as well", async () => {
  const queue = new SerialQueue();
  const failing = queue.run(async () => {
    throw new Error("no");
  });
  await Promise.all([expect(failing).rejects.toThrow("no"), queue.idle()]);
  expect(queue.isIdle).toBe(true);
});
