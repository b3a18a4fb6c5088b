import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Harmless } from "../../../server/src/inference/trim/harmless";

/** Whether a text is harmless at the cursor, `|`, of a whole file. */
function isHarmless(path: string | null, at: string, text: string): boolean {
  const [prefix = "", suffix = ""] = at.split("|");
  return new Harmless({ path, prefix, suffix }, false).is(text);
}

describe("a suggestion at a cursor", () => {
  it.each([
    ["a.ts", "f(|)", `/[)]/, \`)\${g(1)}\`, ')' /* ) */`],
    ["a.tsx", "f(|)", "<p>don't</p>"],
    ["a.js", "f(|)", "a / b, (c) / d"],
    ["a.json", '{"a": [|]}', '"(", 1'],
    ["a.go", "f(|)", "`\\`, '\\'', \"`\""],
    ["a.py", "f(|)", "'''don't (''', b'(', a // 2"],
    ["a.rs", "f(|)", 'r#""("#, \'(\', "a\nb", &\'a str'],
    ["a.java", "f(|)", '\'(\', "(", """\n" (\n"""'],
    ["a.c", "f(|)", '\'(\', "\\"(", 1 /* ( */'],
    ["a.cpp", "f(|)", 'R"x( " ( )x", 1\'000'],
    ["a.cs", "f(|)", '@"\\", "("'],
    ["a.css", "a { b: url(|) }", "http://c"],
    ["a.rb", "f(|)", '"#{a("b")} (", \'(\''],
    ["a.sh", "a $(|)", `b '(' "\${c}" $#`],
    ["a.yml", "a: [|]", "don't, '('"],
    ["a.sql", "f(|)", "'(', a - b"],
    ["a.lua", "f(|)", "[[ ( ]], '('"],
    ["a.html", '<a b="|">don\'t</a>', "c (d"],
    ["a.md", "See (|)", "don't, `(`"],
    [null, "f(|)", "don't, '(', /* ( */ a"],
  ])("may hold any text of %s", (path, at, text) => {
    expect(isHarmless(path, at, text)).toBe(true);
  });

  it.each([
    ["a.ts", "f(|)", "a // b"],
    ["a.go", "f(|)", "a // b"],
    ["a.py", "f(|)", "a # b"],
    ["a.sql", "f(|)", "a -- b"],
    ["a.lua", "f(|)", "a -- b"],
    ["a.tex", "f(|)", "a % b"],
    ["a.clj", "(a |)", "; b"],
    ["a.html", "<p>|</p>", "<!-- a"],
    [null, "f(|)", "a // b"],
  ])("may not comment out what follows in %s", (path, at, text) => {
    expect(isHarmless(path, at, text)).toBe(false);
  });

  it.each([
    ["a.ts", "f(|)", "a)"],
    ["a.ts", "f(|)", "(a"],
    ["a.ts", "f(|)", "`a"],
    ["a.ts", "const a = [\n  |\n];", "f({"],
    ["a.ts", "const a = [\n  |\n];", "/* b"],
    ["a.go", "f(|)", "`a"],
    ["a.py", "f(|)", '"""a'],
    ["a.py", 'f"a {|} b"', "c]} {d["],
    ["a.py", 'f"a {|} b"', "c}"],
    ["a.py", "f(|)", "'a"],
    ["a.rs", "f(|)", '"a'],
    ["a.md", "|\nb", "```ts"],
  ])("may leave nothing unbalanced in %s", (path, at, text) => {
    expect(isHarmless(path, at, text)).toBe(false);
  });

  it.each([
    ["a.ts", "f(|", "a)"],
    ["a.ts", "function f() {\n  |\n", "a();\n}"],
    ["a.ts", "|\n  a();\n}", "if (b) {"],
    ["a.ts", "a = `b|;\nc(`d`);", "`"],
    ["a.ts", "/** |\na();\n/** B. */\nb();", "A. */"],
    ["a.py", "f('|)", "a'"],
  ])("may have what is missing without it in %s", (path, at, text) => {
    expect(isHarmless(path, at, text)).toBe(true);
  });

  const signs = fc.constantFrom(..."ab \n(){}[]\"'`/*#\\$;<");
  const text = fc.string({ unit: signs, maxLength: 40 });

  it("may be nothing, anywhere", () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom("a.ts", "a.py", "a.go", "a.rs", null),
        (prefix, suffix, path) => {
          for (const isPart of [true, false]) {
            expect(new Harmless({ path, prefix, suffix }, isPart).is("")).toBe(true);
          }
        },
      ),
    );
  });

  it("is judged where a stranger opens more than anybody closes", () => {
    const deep = `({[\`\${`.repeat(40_000);
    for (const isPart of [true, false]) {
      const harmless = new Harmless({ path: "a.ts", prefix: `${deep}\n`, suffix: `\n${deep}` }, isPart);
      expect(harmless.is("a")).toBe(true);
      expect(harmless.is("a(")).toBe(false);
    }
  });

  it("is judged in a file as large as any that gets suggestions", () => {
    const lines = `f({ a: [1, 2], b: \`c\${d}\` }); // e\n`.repeat(14_000);
    const at = { path: "a.ts", prefix: `${lines}f(`, suffix: `)\n${lines}` };
    expect(new Harmless(at, false).is("a")).toBe(true);
    expect(new Harmless(at, false).is("a)")).toBe(false);
  });
});
