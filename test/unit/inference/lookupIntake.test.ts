import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LookupIntake } from "../../../server/src/inference/decode/lookupIntake";
import { BREAK } from "../../../server/src/inference/decode/promptLookup";

/** A tokenizer whose tokens are UTF-16 code units, and what was told to a drafter. */
class Taken {
  known: number[] | null = null;
  longest = 0;
  readonly lookUps = new LookupIntake(
    {
      encode: (text) => {
        this.longest = Math.max(this.longest, text.length);
        return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
      },
    },
    { know: (tokens) => (this.known = [...tokens]) },
  );

  all(): void {
    while (this.lookUps.step()) {}
  }
}

describe("texts to look up", () => {
  it("are taken in whole, each with a break behind it", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 }).map((value) => `${value}\n`.repeat(200));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
        const taken = new Taken();
        taken.lookUps.replace(texts);
        taken.all();
        const expected = texts.flatMap((one) => [
          ...Array.from(one.split(""), (unit) => unit.charCodeAt(0)),
          BREAK,
        ]);
        expect(taken.known).toEqual(expected);
        expect(taken.longest).toBeLessThan(2200);
      }),
    );
  });

  it("are known when all of them are in, and give way to others at once", () => {
    const taken = new Taken();
    expect(taken.lookUps.step()).toBe(false);
    taken.lookUps.replace(["a\n".repeat(3000), "b"]);
    expect(taken.lookUps.step()).toBe(true);
    expect(taken.known).toBeNull();
    taken.lookUps.replace(["c", "\ud800", ""]);
    taken.all();
    expect(taken.known).toEqual([99, BREAK, 0xfffd, BREAK, BREAK]);
    expect(taken.lookUps.step()).toBe(false);
  });
});
