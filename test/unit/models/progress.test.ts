import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PacedProgress, type Progress } from "../../../server/src/models/hub/progress";

let told: Progress[];
let paced: PacedProgress;
const at = (path: string, done: number): Progress => ({ path, done, total: 100 });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  told = [];
  paced = new PacedProgress((progress) => told.push(progress));
});
afterEach(() => {
  vi.useRealTimers();
});

describe("progress", () => {
  it("tells where a download stands that came in a burst and then fell silent", () => {
    for (const done of [1, 2, 3]) {
      paced.report(at("a", done));
    }
    expect(told).toEqual([at("a", 1)]);
    vi.advanceTimersByTime(100);
    expect(told).toEqual([at("a", 1), at("a", 3)]);
    vi.advanceTimersByTime(1000);
    expect(told).toHaveLength(2);
  });

  it("names every file, however small", () => {
    for (const path of ["a", "b", "c"]) {
      paced.report(at(path, 1));
    }
    expect(told.map(({ path }) => path)).toEqual(["a", "b", "c"]);
  });

  it("tells the end at once, and nothing after it", () => {
    for (const done of [1, 2, 100]) {
      paced.report(at("a", done));
    }
    vi.advanceTimersByTime(1000);
    expect(told.map(({ done }) => done)).toEqual([1, 100]);
  });

  it("is silent once ended", () => {
    for (const done of [1, 2]) {
      paced.report(at("a", done));
    }
    paced.end();
    vi.advanceTimersByTime(1000);
    expect(told).toHaveLength(1);
  });

  it("comes in few steps", () => {
    for (let done = 1; done < 100; done++) {
      paced.report(at("a", done));
      vi.advanceTimersByTime(10);
    }
    expect(told.length).toBeGreaterThan(8);
    expect(told.length).toBeLessThan(12);
  });
});
