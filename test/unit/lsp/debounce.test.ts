import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Debounce, pause } from "../../../server/src/lsp/completion/debounce";

/** Somebody who types a key every `interval` ms, and a model that takes `answer` ms; the last key is at `end`. */
function after(interval: number, answer: number, keys = 20): { debounce: Debounce; end: number } {
  const debounce = new Debounce();
  for (let key = 0; key < keys; key++) {
    debounce.typed(key * interval);
    debounce.answered(answer);
  }
  return { debounce, end: (keys - 1) * interval };
}

describe("the debounce", () => {
  it("does not wait before anything is known, nor for a fast model", () => {
    expect(new Debounce().delay(0)).toBe(0);
    for (const answer of [40, 200]) {
      const { debounce, end } = after(200, answer);
      expect(debounce.delay(end)).toBe(0);
    }
  });

  it("waits for the next key of a fast typist before a slow model starts, and not after a pause", () => {
    const { debounce, end } = after(100, 400);
    expect(debounce.delay(end)).toBeCloseTo(150);
    expect(debounce.delay(end + 100)).toBeCloseTo(50);
    expect(debounce.delay(end + 150)).toBe(0);
    debounce.typed(end + 5000);
    expect(debounce.delay(end + 5000)).toBeCloseTo(150);
  });

  it("never waits longer than the answer takes, nor than a quarter second", () => {
    const time = fc.double({ min: 1, max: 5000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(time, time), { minLength: 1, maxLength: 30 }), time, (events, later) => {
        const debounce = new Debounce();
        let now = 0;
        for (const [interval, answer] of events) {
          now += interval;
          debounce.typed(now);
          debounce.answered(answer);
        }
        const delay = debounce.delay(now + later);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Math.min(250, Math.max(...events.map(([, answer]) => answer))));
      }),
    );
  });

  it("ends a pause at once when nobody wants it any more", async () => {
    const controller = new AbortController();
    const paused = pause(1_000_000, controller.signal);
    controller.abort();
    await paused;
    await pause(1_000_000, controller.signal);
    await pause(0, new AbortController().signal);
  });
});
