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

describe("a piece whose own lines stand changed is told of", () => {
  const unused = (lines: string): string => `function unused(user) {\n${lines}\n}\n`;

  it.each([
    ["indented", `  ${accepted}`],
    ["laid out otherwise", accepted.replace(" && ", "  &&  ")],
  ])("also where its original stands elsewhere %s", async (_name, copy) => {
    const today = `${saved.replace("&&", "||")}${unused(copy)}`;
    expect(await judged({ path: "a.ts", saved, accepted, today })).toEqual(["unknown ambiguous"]);
  });

  it("also where it is another line now that stood in the file elsewhere", async () => {
    const other = saved.replace("allows", "other").replace("&&", "||");
    const today = `${saved.replace("&&", "||")}${other}${unused(accepted)}`;
    expect(await judged({ path: "a.ts", saved: saved + other, accepted, today })).toEqual([
      "unknown ambiguous",
    ]);
  });

  const lines = "  const known = find(user);\n  return known.isRoot && check(known.token);";
  const before = `function allows(user) {\n${lines}\n}\n`;
  it.each([
    ["is changed", before.replace("&&", "||")],
    ["is another one", before.replace(/ {2}return.*/, "  throw 1;")],
    ["is gone", before.replace(/ {2}return.*\n/, "")],
    ["has another one before it", before.replace("  return", "  known.isRoot = true;\n  return")],
  ])("also where its second line %s", async (_name, changed) => {
    const today = `${changed}${unused(lines)}`;
    expect(await judged({ path: "a.ts", saved: before, accepted: lines, today })).toEqual([
      "unknown ambiguous",
    ]);
  });
});

it("a piece of which all but the first line stands at its place is told of", async () => {
  const lines = "  const known = find(user);\n  return known.isRoot && check(known.token);";
  const before = `function allows(user) {\n${lines}\n}\n`;
  const today = `${before.replace("const known = find(user);", "let known; root(user);")}function unused(user) {\n${lines}\n}\n`;
  expect(await judged({ path: "a.ts", saved: before, accepted: lines, today })).toEqual([
    "unknown ambiguous",
  ]);
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

  it("away from lines of which the first is its own, and which stood there before", async () => {
    const block = (name: string): string => `  try {\n    run(${name});\n  } finally {\n    done();\n  }\n`;
    const before = `start();\n{\n${block("first")}}\n{\n${block("second")}}\n`;
    const piece = block("second").slice(0, -1);
    const today = before.replace("{", `// 1\n// 2\n// 3\n// 4\n// 5\n// 6\n// 7\n{`);
    expect(today.split("\n")[9]).toBe("  try {");
    expect(await judged({ path: "a.ts", saved: before, accepted: piece, today })).toEqual(["verified moved"]);
  });

  it("away from a line that is like it and stood there before", async () => {
    const before =
      "function a() {\n  return check(one, other);\n}\nfunction b() {\n  return check(one, another);\n}\n";
    const piece = "  return check(one, another);";
    const today = before.replace("function a", "const x = 1;\nconst y = 2;\nconst z = 3;\nfunction a");
    expect(await judged({ path: "a.ts", saved: before, accepted: piece, today })).toEqual(["verified moved"]);
  });
});
