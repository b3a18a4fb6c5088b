import fc from "fast-check";
import { expect, it } from "vitest";
import { indexIn } from "../../../server/src/platform/textSearch";

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

it("looks at a long text once, whatever is looked for", () => {
  const text = "a".repeat(2_000_000);
  const began = process.cpuUsage();
  expect(indexIn(text, `b${"a".repeat(900_000)}`)).toBe(-1);
  expect(indexIn(text, `${"a".repeat(900_000)}b`)).toBe(-1);
  // Far more than one look takes on any machine, and far less than `indexOf` does.
  expect(process.cpuUsage(began).user).toBeLessThan(20_000_000);
});
