import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exponential } from "../../../server/src/inference/decode/exponential";

describe("exponential", () => {
  it("is within two units in the last place of Math.exp, itself within one", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 0, noNaN: true }), (x) => {
        const expected = Math.exp(x);
        expect(Math.abs(exponential(x) - expected)).toBeLessThanOrEqual(3 * Number.EPSILON * expected);
      }),
      { numRuns: 20_000 },
    );
  });

  it("never leaves 0 to 1, and grows with its argument over distances that probabilities know", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -800, max: 0, noNaN: true }),
        fc.double({ min: 1e-9, max: 1, noNaN: true }),
        (x, step) => {
          const [low, high] = [exponential(x - step), exponential(x)];
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeLessThanOrEqual(1);
          expect(low).toBeLessThanOrEqual(high);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it("knows its ends, and refuses what is above 0", () => {
    expect(exponential(0)).toBe(1);
    expect(exponential(-0)).toBe(1);
    expect(exponential(-2000)).toBe(0);
    expect(exponential(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(() => exponential(1e-9)).toThrow(/above 0/);
    expect(() => exponential(Number.NaN)).toThrow(/above 0/);
  });

  it("gives these bits", () => {
    const bits = (x: number): string => {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, exponential(x));
      return view.getBigUint64(0).toString(16);
    };
    expect([-1e-7, -0.25, -1, -2.5, -10, -29.75].map(bits)).toMatchInlineSnapshot(`
      [
        "3fefffffca501af8",
        "3fe8ebef9eac820b",
        "3fd78b56362cef38",
        "3fb50385c094f425",
        "3f07cd79b5647c9a",
        "3d40e9036ac4012b",
      ]
    `);
  });
});
