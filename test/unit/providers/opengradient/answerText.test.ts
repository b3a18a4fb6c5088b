import { describe, expect, it } from "vitest";
import { displayedOf } from "../../../../server/src/providers/opengradient/answerText";
import { MOST_ANSWERED } from "../../../../server/src/providers/opengradient/claimedAnswer";

const at = (prefix: string, suffix = "\n") => ({ path: "src/a.ts", prefix, suffix, context: [] });

describe("displayedOf", () => {
  it.each([
    ["as it is", "a + b;"],
    ["out of a fence", "```ts\na + b;\n```"],
    ["out of a fence without a language, among blanks", "\n```\na + b;\n```\n\n"],
    ["with other line ends", "a + b;\r\n"],
  ])("takes an answer %s", (_, answer) => {
    expect(displayedOf(answer, at("function add(a, b) {\n  return ", "\n}\n"))).toBe("a + b;");
  });

  it("takes of a block no more than the block", () => {
    const answer = "  return a + b;\n}\n\nfunction more() {\n  return 1;\n}\n";
    expect(displayedOf(answer, at("function add(a, b) {\n", ""))).toBe("  return a + b;\n}");
  });

  it("shows one piece of what was answered, and nothing of an empty answer", () => {
    expect(displayedOf("", at("x"))).toBe("");
    expect(displayedOf(" \n ", at("x"))).toBe("");
    const fenced = "```js\nconst a = `\\`\\`\\``;\n```";
    expect(fenced).toContain(displayedOf(fenced, at("")));
  });

  it("takes time linear in what only looks like a fence", () => {
    const many = `\`\`\`\n${"```   ".repeat(2_000)}x`;
    expect(displayedOf(many, at(""))).toBeTypeOf("string");
  });

  it("is done soon with signs that pair with nothing, whatever stands around the cursor", () => {
    for (const sign of ["(", ")", ")(", "${", "'", "`", "/*"]) {
      const answer = sign.repeat(Math.floor(MOST_ANSWERED / sign.length));
      for (const [before, after] of [
        ["", ""],
        ["(", ")"],
        ["(", "("],
        ["{\n", "a"],
      ] as const) {
        const place = at(before.repeat(4_000), after.repeat(3_000));
        expect(displayedOf(answer, place)).toBeTypeOf("string");
      }
    }
  });

  it("is done soon with many lines that are one like the other", () => {
    for (const line of ["{\n", "}\n", "a\n}\n", "\n"]) {
      const answer = `${line.repeat(Math.floor(MOST_ANSWERED / line.length) - 1)}x`;
      expect(displayedOf(answer, at(""))).toBeTypeOf("string");
    }
  });
});
