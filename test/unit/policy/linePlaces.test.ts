import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LinePlaces, type Place } from "../../../server/src/policy/linePlaces";

const place = (line: number, from: number, to: number, endLine = line): Place => ({
  start: { line, character: from },
  end: { line: endLine, character: to },
});

describe("places", () => {
  it("overlap where they share a character", () => {
    const places = new LinePlaces<string>();
    places.add(place(1, 4, 8), "one");
    places.add(place(3, 2, 1, 5), "two");
    const overlaps = (other: Place): boolean => places.hasOverlap(other);
    expect(overlaps(place(1, 0, 4))).toBe(false);
    expect(overlaps(place(1, 8, 9))).toBe(false);
    expect(overlaps(place(1, 0, 5))).toBe(true);
    expect(overlaps(place(4, 0, 1))).toBe(true);
    expect(overlaps(place(5, 1, 9))).toBe(false);
    expect(overlaps(place(0, 0, 0, 9))).toBe(true);
  });

  it("are found among many on one line, whatever order they come in", () => {
    const spans = fc.uniqueArray(fc.nat(60), { maxLength: 30 });
    fc.assert(
      fc.property(spans, fc.nat(60), fc.nat(20), (starts, from, length) => {
        const places = new LinePlaces<number>();
        for (const start of starts) {
          places.add(place(2, 3 * start, 3 * start + 2), start);
        }
        const asked = place(2, from, from + length);
        expect(places.hasOverlap(asked)).toBe(
          starts.some((start) => 3 * start < from + length && from < 3 * start + 2),
        );
      }),
    );
  });

  it("are found in time that hardly grows with how many there are", () => {
    const took = (count: number): number => {
      const places = new LinePlaces<number>();
      const start = process.cpuUsage();
      for (let at = 0; at < count; at += 1) {
        const here = place(0, 4 * at, 4 * at + 3);
        expect(places.hasOverlap(here)).toBe(false);
        places.add(here, at);
      }
      return process.cpuUsage(start).user;
    };
    took(500);
    expect(took(8_000) / Math.max(took(1_000), 5_000)).toBeLessThan(24);
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
