import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Range } from "vscode-languageserver-types";
import { type Change, shiftRange } from "../../../client/src/editor/shiftRanges";
import { shift as shiftSpan } from "../../../server/src/lsp/documents/textEdits";

/** `1:2-3:4`, as a range. */
function range(text: string): Range {
  const [start, end] = text.split("-").map((place) => {
    const [line, character] = place.split(":").map(Number);
    return { line: line ?? 0, character: character ?? 0 };
  });
  return { start: start ?? { line: 0, character: 0 }, end: end ?? { line: 0, character: 0 } };
}

function shift(from: string, at: string, text: string): string | null {
  const shifted = shiftRange(range(from), { range: range(at), text });
  return shifted === null
    ? null
    : `${shifted.start.line}:${shifted.start.character}-${shifted.end.line}:${shifted.end.character}`;
}

describe("shiftRange", () => {
  it.each([
    ["lines added above", "2:4-3:1", "0:0-0:0", "a\nb\n", "4:4-5:1"],
    ["lines removed above", "5:4-6:1", "1:0-3:0", "", "3:4-4:1"],
    ["text before it on its line", "2:4-2:9", "2:0-2:0", "xyz", "2:7-2:12"],
    ["its line broken before it", "2:4-3:1", "2:2-2:2", "\r\n", "3:2-4:1"],
    ["text typed inside", "2:4-2:9", "2:6-2:6", "ab", "2:4-2:11"],
    ["a line break typed inside", "2:4-2:9", "2:6-2:6", "\n", "2:4-3:3"],
    ["text typed at its start, which stays outside", "2:4-2:9", "2:4-2:4", "ab", "2:6-2:11"],
    ["text typed at its end, which stays outside", "2:4-2:9", "2:9-2:9", "ab", "2:4-2:9"],
    ["its beginning replaced", "2:4-2:9", "2:0-2:6", "zz", "2:2-2:5"],
    ["its beginning replaced, and nothing before it", "2:4-2:9", "2:4-2:6", "zz", "2:6-2:9"],
    ["its end replaced", "2:4-2:9", "2:7-2:12", "zz", "2:4-2:7"],
    ["all of it replaced", "2:4-2:9", "2:4-2:9", "others\nx", "2:4-3:1"],
    ["anything after it", "2:4-2:9", "4:0-5:0", "zz", "2:4-2:9"],
  ])("follows %s", (_, from, at, text, expected) => {
    expect(shift(from, at, text)).toBe(expected);
  });

  it("is gone when an edit swallows it, and more", () => {
    expect(shift("2:4-2:9", "2:0-3:0", "")).toBeNull();
    expect(shift("2:4-2:9", "2:4-2:10", "other")).toBeNull();
  });

  it("goes where the server takes it to be, which tells nothing that the client can see itself", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\n"), minLength: 1, maxLength: 20 });
    const cut = fc.nat({ max: 20 });
    fc.assert(
      fc.property(text, cut, cut, cut, cut, text, (before, a, b, c, d, inserted) => {
        const ordered = (...cuts: [number, number]) =>
          cuts.map((one) => one % (before.length + 1)).sort((x, y) => x - y);
        const [start = 0, end = 0] = ordered(a, b);
        const [from = 0, to = 0] = ordered(c, d);
        fc.pre(start < end);
        const change: Change = { range: rangeOf(before, from, to), text: inserted };
        const client = shiftRange(rangeOf(before, start, end), change);
        const server = shiftSpan({ start, end }, { start: from, end: to, text: inserted });
        const after = before.slice(0, from) + inserted + before.slice(to);
        if (client === null) {
          expect(server.start).toBe(server.end);
        } else {
          expect({ start: offset(after, client.start), end: offset(after, client.end) }).toEqual(server);
        }
      }),
    );
  });

  it("keeps what an edit elsewhere leaves alone: the same text lies in the shifted range", () => {
    const line = fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 6 });
    const document = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(
        document,
        fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
        document,
        (text, cuts, inserted) => {
          const [a = 0, b = 0, c = 0, d = 0] = cuts
            .map((cut) => cut % (text.length + 1))
            .sort((x, y) => x - y);
          // The edit lies before or after the range, touching it at most where it inserts.
          const cases: [number, number, number, number][] = [
            [c, d, a, b],
            [a, b, c, d],
          ];
          for (const [from, to, editFrom, editTo] of cases) {
            if (from === to || editTo === from || editFrom === to) {
              continue;
            }
            const change: Change = { range: rangeOf(text, editFrom, editTo), text: inserted };
            const edited = text.slice(0, editFrom) + inserted + text.slice(editTo);
            const shifted = shiftRange(rangeOf(text, from, to), change);
            expect(shifted).not.toBeNull();
            if (shifted !== null) {
              const held = edited.slice(offset(edited, shifted.start), offset(edited, shifted.end));
              expect(held).toBe(text.slice(from, to));
            }
          }
        },
      ),
    );
  });
});

function rangeOf(text: string, from: number, to: number): Range {
  return { start: position(text, from), end: position(text, to) };
}

function position(text: string, at: number) {
  const lines = text.slice(0, at).split("\n");
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

function offset(text: string, { line, character }: { line: number; character: number }): number {
  return (
    text
      .split("\n")
      .slice(0, line)
      .reduce((sum, before) => sum + before.length + 1, 0) + character
  );
}
