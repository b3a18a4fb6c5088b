import fc from "fast-check";
import { expect, it } from "vitest";
import { indexIn, placesIn } from "../../../server/src/platform/textSearch";

it("finds what indexOf finds", () => {
  const few = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 400 });
  fc.assert(
    fc.property(few, few, fc.nat(100), fc.nat(300), (text, other, from, cut) => {
      for (const wanted of [other, text.slice(cut), text.slice(cut, cut + 40)]) {
        expect(indexIn(text, wanted, from)).toBe(text.indexOf(wanted, from));
      }
    }),
    { numRuns: 2000 },
  );
});

it("finds every place, also those that overlap", () => {
  const few = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 200 });
  fc.assert(
    fc.property(few, fc.nat(150), fc.nat(60), (text, cut, length) => {
      const wanted = text.slice(cut, cut + length);
      const all = [...text].flatMap((_, at) => (text.startsWith(wanted, at) ? [at] : []));
      expect([...placesIn(text, wanted)]).toEqual(wanted === "" ? [] : all);
    }),
    { numRuns: 1000 },
  );
});

it("looks at a long text once, whatever is looked for", () => {
  const text = "a".repeat(2_000_000);
  const began = process.cpuUsage();
  expect(indexIn(text, `b${"a".repeat(900_000)}`)).toBe(-1);
  expect(indexIn(text, `${"a".repeat(900_000)}b`)).toBe(-1);
  expect([...placesIn(text, "a".repeat(900_000))]).toHaveLength(1_100_001);
  // Far more than one look takes on any machine, and far less than `indexOf` does.
  expect(process.cpuUsage(began).user).toBeLessThan(20_000_000);
});
