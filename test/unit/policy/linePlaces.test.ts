import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LinePlaces, type Place } from "../../../server/src/policy/linePlaces";

const place = (line: number, from: number, to: number, endLine = line): Place => ({
  start: { line, character: from },
  end: { line: endLine, character: to },
});

describe("places", () => {
  it("overlap where they share a character, and only with those that are meant", () => {
    const places = new LinePlaces<string>();
    places.add(place(1, 4, 8), "one");
    places.add(place(3, 2, 1, 5), "two");
    const overlaps = (other: Place, meant = ""): boolean =>
      places.hasOverlap(other, (holder) => meant === "" || holder === meant);
    expect(overlaps(place(1, 0, 4))).toBe(false);
    expect(overlaps(place(1, 8, 9))).toBe(false);
    expect(overlaps(place(1, 0, 5))).toBe(true);
    expect(overlaps(place(1, 0, 5), "two")).toBe(false);
    expect(overlaps(place(4, 0, 1))).toBe(true);
    expect(overlaps(place(5, 1, 9))).toBe(false);
    expect(overlaps(place(0, 0, 0, 9))).toBe(true);
  });

  it("leave of a line what none of them covers", () => {
    const spans = fc.array(fc.tuple(fc.nat(20), fc.nat(20), fc.boolean()), { maxLength: 6 });
    fc.assert(
      fc.property(fc.string({ minLength: 20, maxLength: 20 }), spans, (text, all) => {
        const places = new LinePlaces<boolean>();
        const free = Array.from(text, () => true);
        for (const [a, b, isMeant] of all) {
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          places.add(place(7, from, to), isMeant);
          if (isMeant) {
            free.fill(false, from, to);
          }
        }
        const rest = Array.from({ length: 20 }, (_, at) => (free[at] === true ? text[at] : "")).join("");
        expect(places.outside(text, 7, (isMeant) => isMeant)).toBe(rest);
        expect(places.outside(text, 8, () => true)).toBe(text);
      }),
    );
  });
});
