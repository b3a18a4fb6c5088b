/** A changed line whose original somebody puts where nothing runs, and people who only add lines. */
import { describe, expect, it } from "vitest";
import { judged } from "./judgedPiece";

const accepted = "  return user.isRoot && check(user.token);";
const saved = `function allows(user) {\n${accepted}\n}\n`;

describe("a piece that stands elsewhere while its own line stands changed", () => {
  it.each([
    ["in a function that nobody calls", `function unused(user) {\n${accepted}\n}\n`],
    ["in a comment that was there already", `const help = 1;\n${accepted}\n`],
  ])("is told of: %s", async (_name, more) => {
    const today = `${saved.replace("&&", "||")}${more}`;
    expect(await judged({ path: "a.ts", saved, accepted, today })).toEqual(["unknown ambiguous"]);
  });

  it("is told of where the prompt is sealed, too", async () => {
    const today = `${saved.replace("&&", "||")}function unused(user) {\n${accepted}\n}\n`;
    const options = { open: () => false };
    expect(await judged({ path: "a.ts", saved, accepted, today, options })).toEqual(["unknown ambiguous"]);
  });
});

describe("a piece that moved with its file stays verified", () => {
  const line = 'import { second } from "./second.js";';
  const list = `import { zero } from "./zero.js";\n${line}\nimport { third } from "./third.js";\n\nrun();\n`;
  it.each([
    ["below a line like it", list.replace(line, `import { first } from "./first.js";\n${line}`)],
    [
      "below two lines like it",
      list.replace(line, `import { a } from "./a.js";\nimport { b } from "./b.js";\n${line}`),
    ],
    ["below a heading", `// All that is needed.\n\n// Again.\n${list}`],
    ["up, away from a line like it", list.replace('import { zero } from "./zero.js";\n', "")],
  ])("%s", async (_name, today) => {
    expect(await judged({ path: "a.ts", saved: list, accepted: line, today })).toEqual(["verified moved"]);
  });

  it("away from a line that is like it and stood there before", async () => {
    const before =
      "function a() {\n  return check(one, other);\n}\nfunction b() {\n  return check(one, another);\n}\n";
    const piece = "  return check(one, another);";
    const today = before.replace("function a", "const x = 1;\nconst y = 2;\nconst z = 3;\nfunction a");
    expect(await judged({ path: "a.ts", saved: before, accepted: piece, today })).toEqual(["verified moved"]);
  });
});
