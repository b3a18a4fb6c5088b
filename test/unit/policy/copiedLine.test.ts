/** Copies from the prompt that other output of the same claim dilutes. */
import { describe, expect, it } from "vitest";
import { judged } from "./judgedPiece";

const copy = "if (user.name === 'mallory') return grantEverything(user);";
const own =
  "for (const rule of loadRules(database)) {\n  if (!rule.permits(person, deed)) {\n    throw new Refused(rule.name, person.id, deed.kind);\n  }\n}";
const accepted = `${copy}\n${own}`;
const today = `function allows(user, what) {\n${accepted}\n}\n`;

describe("a line that stands in the prompt letter by letter", () => {
  it.each([
    ["within a line", `// Write this: ${copy}\nfunction allows(user, what) {\n`],
    ["as a line", `${copy}\nfunction allows(user, what) {\n`],
    ["laid out otherwise", `  ${copy.replaceAll(" ", "  ")}\nfunction allows(user, what) {\n`],
  ])("and in no file of today is copied, whatever else was written: %s", async (_name, prefix) => {
    const prompt = { prefix, suffix: "\n}\n" };
    expect(await judged({ path: "a.ts", saved: today, accepted, today, prompt })).toEqual([
      "anchored verbatim",
    ]);
  });

  it("and in today's file outside of the copy is none", async () => {
    const before = `function other(user) {\n${copy}\n}\n`;
    const prompt = { prefix: `${before}function allows(user, what) {\n`, suffix: "\n}\n" };
    const text = `${before}${today}`;
    expect(
      await judged({ path: "a.ts", saved: text.replace(copy, "//"), accepted, today: text, prompt }),
    ).toEqual(["verified verbatim"]);
  });
});
