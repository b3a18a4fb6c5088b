import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  squashLines,
  standsAfter,
  standsAsLines,
  standsBefore,
} from "../../../server/src/evidence/locate/whiteSpace";

const texts = fc.string({ unit: fc.constantFrom("a", "b", " ", "\t", "\n"), maxLength: 40 });

describe("text apart from white space", () => {
  it("ends and begins where texts meet, as their squashed lines say", () => {
    fc.assert(
      fc.property(texts, texts, texts, (before, wanted, after) => {
        const text = before + wanted + after;
        expect(standsBefore(wanted, text, before.length + wanted.length)).toBe(true);
        expect(standsAfter(wanted, text, before.length)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(texts, texts, (wanted, text) => {
        const [all, part] = [squashLines(text), squashLines(wanted)];
        expect(standsBefore(wanted, text, text.length)).toBe(all.endsWith(part));
        expect(standsAfter(wanted, text, 0)).toBe(all.startsWith(part));
      }),
    );
  });

  it("does not take one line for two, nor two for one", () => {
    expect(standsBefore("a b", "a\nb", 3)).toBe(false);
    expect(standsBefore("a\n\n  b", "a\nb", 3)).toBe(true);
    expect(standsAfter("a\nb", "ab", 0)).toBe(false);
  });

  it("finds whole lines only", () => {
    const stands = (lines: string, text: string) => standsAsLines(squashLines(lines), squashLines(text));
    expect(stands("b;\nc;\n", "a;\n  b;\n\n  c ;\nd;")).toBe(true);
    expect(stands("b;\nc", "a;\nb;\nc;\n")).toBe(false);
    expect(stands("a;\nc;", "a;\nb;\nc;\n")).toBe(false);
    expect(stands(" \n", "a;")).toBe(true);
  });
});
