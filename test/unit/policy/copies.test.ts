import { describe, expect, it } from "vitest";
import { judged } from "./judgedPiece";

/** As in a file that is longer than a prompt: its copies are not in it. */
const SHORT = { suffix: "\n}\n" };
const LINE = "return compute(x, 1000000);";
const path = "src/a.ts";
const body = (name: string) => `function ${name}(x: number) {\n  validate(x);\n  ${LINE}\n}\n`;

describe("a line that somebody wrote does not take the word of an accepted one that is gone", () => {
  const saved = body("a") + body("b");

  it.each([
    ["where both stood after the same line", saved.replace(`  ${LINE}\n`, "  throw new Error();\n"), saved],
    ["where it slid to the other's place", body("b"), saved],
    [
      "where it is indented otherwise",
      `class B {\n  b(x: number) {\n    ${LINE}\n  }\n}\n`,
      `function a(x: number) {\n  ${LINE}\n}\nclass B {\n  b(x: number) {\n    ${LINE}\n  }\n}\n`,
    ],
    [
      "where a formatter had broken it",
      "function b(x: number) {\n  return compute(\n    x,\n    1000000,\n  );\n}\n",
      `function a(x: number) {\n  ${LINE}\n}\nfunction b(x: number) {\n  return compute(\n    x,\n    1000000,\n  );\n}\n`,
    ],
  ])("%s", async (_name, today, before) => {
    const verdicts = await judged({ path, saved: before, accepted: LINE, today, prompt: SHORT });
    expect(verdicts.filter((one) => one.startsWith("verified"))).toEqual([]);
  });

  it("where brackets alone stood before both", async () => {
    const half = (name: string) => `const ${name} = () =>\n  {\n  ${LINE}\n}\n`;
    const before = `// cut\n${half("a")}${half("b")}`;
    const prefix = before.slice(before.indexOf("() =>"), before.indexOf("return"));
    const today = `// cut\n${half("b")}`;
    const verdicts = await judged({
      path,
      saved: before,
      accepted: LINE,
      today,
      prompt: { prefix, suffix: "\n}\n" },
    });
    expect(verdicts.filter((one) => one.startsWith("verified"))).toEqual([]);
  });

  it("where each of its lines stood more often than places are counted", async () => {
    const noise = Array.from(
      { length: 64 },
      (_, at) => `  first.line(1);\n// n${at}\n  second.line(2);\n// m${at}\n`,
    );
    const block = "  first.line(1);\n  second.line(2);\n";
    const before = `${noise.join("")}function a() {\n${block}}\nfunction b() {\n${block}}\n`;
    const verdicts = await judged({
      path,
      saved: before,
      accepted: "first.line(1);\n  second.line(2);",
      today: `${noise.join("")}function b() {\n${block}}\n`,
      prompt: { prefix: "x", suffix: "" },
    });
    expect(verdicts.filter((one) => one.startsWith("verified"))).toEqual([]);
  });
});

describe("what somebody wrote does not take the word", () => {
  const long = Array.from({ length: 17 }, (_, at) => `  step(number${at});\n`).join("");
  const method = (name: string) => `function ${name}(x: number) {\n${long}  ${LINE}\n}\n`;
  const saved = method("a") + method("b");

  it.each([
    ["beside another copy that was written since", `${method("b")}/*\n  ${LINE}\n*/\n`],
    ["at the place of the one that stands below now", method("b") + method("a").replace(LINE, `${LINE} `)],
  ])("where more than a few lines tell it apart, %s", async (_name, today) => {
    expect(await judged({ path, saved, accepted: LINE, today, prompt: SHORT })).toEqual([
      "unknown ambiguous",
    ]);
  });

  it("where that one stands, moved, beside it", async () => {
    const today = method("b") + method("a");
    expect(await judged({ path, saved, accepted: LINE, today, prompt: SHORT })).toEqual(["verified moved"]);
  });

  it("where more copies stood there than are counted", async () => {
    const many = Array.from({ length: 70 }, (_, at) => body(`f${at}`)).join("");
    const before = body("a") + many;
    expect(await judged({ path, saved: before, accepted: LINE, today: many, prompt: SHORT })).toEqual([
      "unknown ambiguous",
    ]);
  });

  it("where many other lines hold the same text within", async () => {
    const line = "return results;";
    const noise = Array.from({ length: 70 }, (_, at) => `  if (x${at}) ${line}\n`).join("");
    const head = `function z() {\n${noise}}\n`;
    const other = `function b() {\n  mine();\n  ${line}\n}\n`;
    const before = `${head}function a() {\n  ${line}\n}\n${other}`;
    const today = `${head}function a() {\n  throw 1;\n}\n${other}`;
    const position = `  ${line}`;
    expect(await judged({ path, saved: before, accepted: position, today, prompt: SHORT })).toEqual([]);
  });
});

describe("an accepted line keeps its word beside copies", () => {
  it("wherever as few lines before it as are needed tell it from them", async () => {
    const saved = body("a") + body("b");
    const today = `// new\n${saved}`;
    expect(await judged({ path, saved, accepted: LINE, today, prompt: SHORT })).toEqual(["verified moved"]);
    const reindented = today.replaceAll(`  ${LINE}`, `      ${LINE}`);
    expect(await judged({ path, saved, accepted: LINE, today: reindented, prompt: SHORT })).toEqual([
      "verified reformatted",
    ]);
  });
});
