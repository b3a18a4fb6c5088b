import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProoflineError } from "../../../../server/src/platform/errors";
import { statedPieces } from "../../../../server/src/policy/interop/statedPieces";
import type { StatedRange } from "../../../../server/src/policy/interop/statedRange";

function range(startLine: number, endLine: number, changes: Partial<StatedRange> = {}): StatedRange {
  return { path: "a.ts", startLine, endLine, tool: "writer", session: "one", model: "m", ...changes };
}

function pieces(text: string, ranges: readonly StatedRange[]) {
  return statedPieces(ranges, new Map([["a.ts", text]]), "the folder");
}

describe("the text behind ranges", () => {
  it("is whole lines, without blank ones at either end", () => {
    expect(pieces("one;\n\ntwo;\nthree;\n\nfour;\n", [range(2, 5)])).toEqual({
      pieces: [
        { path: "a.ts", tool: "writer", session: "one", model: "m", line: 2, accepted: "two;\nthree;" },
      ],
      lines: 2,
      leftOut: 0,
    });
  });

  it("leaves out what says too little, or is too long to be sealed", () => {
    const { leftOut, pieces: found } = pieces(`}\n${"x".repeat(9_000)}\ngood;\n`, [
      range(1, 1),
      range(2, 2),
      range(3, 3, { model: "other" }),
    ]);
    expect([leftOut, found.map(({ accepted }) => accepted)]).toEqual([2, ["good;"]]);
  });

  it("is stated once, however often and in however many ranges a record gives it to one author", () => {
    const found = pieces("one;\ntwo;\nthree;\nfour;\n\nsame;\nsame;\n", [
      ...[range(3, 4), range(1, 2), range(1, 1), range(2, 3)],
      ...[range(6, 6), range(7, 7), range(2, 2, { model: "other" })],
    ]).pieces;
    expect(found.map(({ line, model, accepted }) => [line, model, accepted])).toEqual([
      [0, "m", "one;\ntwo;\nthree;\nfour;"],
      [5, "m", "same;\nsame;"],
      [1, "other", "two;"],
    ]);
  });

  it.each([
    [range(1, 4), /lines 1 to 4 of a\.ts, which has 3 in the folder/],
    [range(9, 9), /has 3/],
    [range(1, 1, { path: "b.ts" }), /b\.ts, and the folder holds no such text file/],
  ])("is none beyond a file: %o", (wrong, why) => {
    expect(() => pieces("one;\ntwo;\nthree;\n", [range(1, 1), wrong])).toThrow(ProoflineError);
    expect(() => pieces("one;\ntwo;\nthree;\n", [range(1, 1), wrong])).toThrow(why);
  });

  it("is all of a range's visible lines, each once and where it stood, in portions that one file of evidence holds", () => {
    const line = fc.oneof(
      fc.constantFrom("", " ", "const answer = compute(42);"),
      fc.integer({ min: 3, max: 2_500 }).map((length) => "x".repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 150 }), fc.nat(), fc.nat(), (lines, from, to) => {
        const first = (from % lines.length) + 1;
        const last = first + (to % (lines.length - first + 1));
        const found = pieces(`${lines.join("\n")}\n`, [range(first, last)]);
        const told = new Map<number, string>();
        for (const { line: start, accepted } of found.pieces) {
          expect(Buffer.byteLength(JSON.stringify(accepted))).toBeLessThanOrEqual(9_000);
          expect(accepted.split("\n").length).toBeLessThanOrEqual(48);
          for (const [index, one] of accepted.split("\n").entries()) {
            expect(told.has(start + index)).toBe(false);
            told.set(start + index, one);
          }
        }
        for (let at = first - 1; at < last; at += 1) {
          const text = lines[at] ?? "";
          expect(told.get(at) ?? "").toBe(text.trim() === "" ? (told.get(at) ?? "") : text);
        }
        expect(found.leftOut).toBe(0);
      }),
    );
  });
});

it("are no more than a person could have meant, however many authors a record names for the same lines", () => {
  const text = "const value = compute(1);\n".repeat(9_600);
  const ranges = Array.from({ length: 200 }, (_, index) => {
    return { path: "a.ts", startLine: 1, endLine: 9_600, tool: "t", session: "s", model: `${index}` };
  });
  expect(() => statedPieces(ranges, new Map([["a.ts", text]]), "the folder")).toThrow(
    /more than 20000 statements/,
  );
});
