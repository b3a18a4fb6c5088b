import { describe, expect, it } from "vitest";
import { holdsLines, squash, squashedUnits, visible } from "../../../server/src/evidence/locate/whiteSpace";

describe("white space", () => {
  it("is blanks, tabs and line ends where it must mean nothing, and anything blank where one only searches", () => {
    expect(visible(" a\tb\nc ")).toBe("abc");
    for (const separator of ["\u00a0", "\u0085", "\u2028", "\u2029", "\u3000", "\r", "\f", "\v", "\ufeff"]) {
      expect(visible(`a${separator}b`)).toBe(`a${separator}b`);
    }
    expect(squash("a \u00a0\u2028b")).toBe("ab");
  });

  it("holds whole lines only, in order and with nothing between them", () => {
    expect(holdsLines("a;\nb;\nc;\nd;", "b;\nc;\n")).toBe(true);
    expect(holdsLines("a;\nb;\nc;\n", "b;\nc")).toBe(false);
    expect(holdsLines("a;\nb;\nc;\n", "a;\nc;")).toBe(false);
    expect(holdsLines("a;\n  b;", "b;")).toBe(false);
  });
});

describe("the code units of a text without white space", () => {
  it("are those of the text that `squash` gives, whatever the text", () => {
    const every = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit)).join("");
    for (const text of [every, `${every}${every}`, "", " ", "a"]) {
      expect(String.fromCharCode(...squashedUnits(text).subarray(0, 50_000))).toBe(
        squash(text).slice(0, 50_000),
      );
      expect(squashedUnits(text).length).toBe(squash(text).length);
    }
  });
});
