import { expect, it } from "vitest";
import { ownText } from "../../../server/src/lsp/verdicts/ownText";

const TEXT = ["class Stack {", "  pop() {", "    return !this.items;", "  }", "}"];

function textBetween(line: number, from: number, lastLine: number, to: number): string {
  const range = { start: { line, character: from }, end: { line: lastLine, character: to } };
  return ownText(range, (at) => TEXT[at] ?? "");
}

it("is no more of a line than is the suggestion's own", () => {
  expect(textBetween(2, 4, 2, 10)).toBe("return");
  expect(textBetween(2, 0, 2, 23)).toBe("return !this.items;");
  expect(textBetween(1, 5, 3, 3)).toBe("() {");
});

it("is the first line with anything on it", () => {
  expect(textBetween(1, 9, 3, 3)).toBe("return !this.items;");
  expect(textBetween(7, 0, 8, 0)).toBe("");
});
