import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scopeOf } from "../../../server/src/inference/scope";
import { trim } from "../../../server/src/inference/trim";
import type { StopReason } from "../../../server/src/provenance/record";

interface Case {
  readonly prefix: string;
  readonly suffix?: string;
  readonly raw: string;
  readonly healed?: string;
  readonly stop?: StopReason;
  readonly lastLength?: number;
}

function displayed({
  prefix,
  suffix = "",
  raw,
  healed = "",
  stop = "endOfText",
  lastLength = 0,
}: Case): string {
  const { start, end } = trim(raw, { scope: scopeOf({ prefix, suffix }), healed, stop, lastLength });
  return raw.slice(start, end);
}

describe("trim/v1", () => {
  const body = "function f() {\n  ";
  it.each<[string, Case, string]>([
    ["leaves a plain answer alone", { prefix: "const x = ", raw: "1;" }, "1;"],
    ["takes healed text off", { prefix: "fs.rea", raw: "readFile();", healed: "rea" }, "dFile();"],
    ["shows nothing when healed text is missing", { prefix: "fs.rea", raw: "write();", healed: "rea" }, ""],
    ["cuts at a broken character", { prefix: "x = ", raw: 'a("\ufffd")' }, 'a("'],
    ["shows nothing for blanks", { prefix: "x", raw: "\n  \n" }, ""],
    ["drops white space at the end", { prefix: "x = ", raw: "1;  \n  " }, "1;"],

    [
      "leaves out the token it doubts",
      { prefix: "x = ", raw: "f(a, b", stop: "doubt", lastLength: 2 },
      "f(a,",
    ],
    [
      "leaves out the word that the doubted token goes on with",
      { prefix: "x = ", raw: "f(a, getName", stop: "doubt", lastLength: 4 },
      "f(a,",
    ],
    [
      "shows nothing where the first word is doubted",
      { prefix: "x = ", raw: "getName", stop: "doubt", lastLength: 4 },
      "",
    ],
    [
      "ends several lines in doubt with a whole one",
      { prefix: body, raw: "a();\n  b(c, d", stop: "doubt", lastLength: 1 },
      "a();",
    ],

    ["ends with the line where the decoder stopped there", { prefix: "a", raw: "b\nc", stop: "line" }, "b"],
    ["keeps a line break that comes first", { prefix: "a;", raw: "\nb;\n", stop: "line" }, "\nb;"],
    ["is one line where text follows", { prefix: "f(", suffix: "x)\n", raw: "a,\nb" }, "a,"],

    ["drops blank lines on a blank line", { prefix: body, raw: "\n\n  return 1;" }, "return 1;"],
    ["drops other indentation after them", { prefix: body, raw: "\n\treturn 1;" }, "return 1;"],
    ["keeps deeper indentation", { prefix: "a:\n  ", raw: "  b" }, "  b"],

    ["drops half a line at the limit", { prefix: body, raw: "a();\n  b(", stop: "length" }, "a();"],
    ["keeps half a line where there is no whole one", { prefix: body, raw: "a(b, ", stop: "length" }, "a(b,"],
    [
      "keeps one round of a loop",
      { prefix: "x = ", raw: "a || b || b || b || b", stop: "repetition" },
      "a || b",
    ],
    [
      "keeps one line of a loop",
      { prefix: body, raw: "a();\n  a();\n  a();\n  a();\n  ", stop: "repetition" },
      "a();",
    ],
    [
      "ends an answer that was cut short with a whole statement",
      { prefix: body, raw: "a();\n  for (;;) {\n    if (b) {\n      c", stop: "length" },
      "a();",
    ],
    [
      "does so below the line that opens the block",
      {
        prefix: "function f() {",
        raw: "\n  a();\n  if (b) {\n    c();\n  }\n  if (d) {\n    e",
        stop: "length",
      },
      "\n  a();\n  if (b) {\n    c();\n  }",
    ],
    [
      "keeps half a statement where there is no whole one",
      { prefix: body, raw: "if (b) {\n    c();\n    d", stop: "length" },
      "if (b) {\n    c();",
    ],
    ["drops a line that comes twice", { prefix: body, raw: "a();\n  b();\n  b();\n  c();" }, "a();\n  b();"],
    [
      "drops a block that comes twice",
      { prefix: body, raw: "if (a) {\n    b();\n  }\n  if (a) {\n    b();\n  }\n  c();" },
      "if (a) {\n    b();\n  }",
    ],
    [
      "lets brackets repeat",
      { prefix: body, raw: "[[\n    1,\n  ],\n  ],\n  x" },
      "[[\n    1,\n  ],\n  ],\n  x",
    ],

    ["ends with the block", { prefix: body, suffix: "\n}\n", raw: "a();\n}\n\nfunction g() {}" }, "a();"],
    [
      "closes a block that nothing closes",
      { prefix: "function f() {", raw: "\n  a();\n}\n\ng();" },
      "\n  a();\n}",
    ],
    ["closes it from inside, too", { prefix: body, suffix: "\n\ng();\n", raw: "a();\n}\n\nh();" }, "a();\n}"],
    [
      "does not close it twice",
      { prefix: "function f() {", suffix: "\n}\n", raw: "\n  a();\n}" },
      "\n  a();",
    ],
    ["does not begin another branch", { prefix: "if (a) {", raw: "\n  b();\n} else {\n  c();" }, "\n  b();"],
    [
      "follows indentation in other languages",
      { prefix: "def f():", raw: "\n    return 1\n\nx = 2" },
      "\n    return 1",
    ],

    ["drops lines that stand below", { prefix: body, suffix: "\n  c();\n}", raw: "b();\n  c();\n}" }, "b();"],
    ["shows nothing that stands below", { prefix: body, suffix: "\n  c();\n}", raw: "c();" }, ""],
    [
      "keeps a bracket of another depth",
      { prefix: `${body}if (a) {`, suffix: "\n}", raw: "\n    b();\n  }" },
      "\n    b();\n  }",
    ],

    ["ends at an auto-closed bracket", { prefix: "f(", suffix: ")\n", raw: "item);" }, "item"],
    [
      "keeps brackets that it opens itself",
      { prefix: "f(", suffix: ")\n", raw: "g(x), h(y));" },
      "g(x), h(y)",
    ],
    ["sees no bracket in a string", { prefix: "f(", suffix: ")\n", raw: '":)", 1);' }, '":)", 1'],
    ["drops what follows on the line", { prefix: "f(", suffix: ");\n", raw: "a, b);" }, "a, b"],
    ["drops the closing signs of it", { prefix: "f(", suffix: ").then(g);\n", raw: "a)" }, "a"],
    ["keeps brackets that it opened", { prefix: "f(", suffix: ")\n", raw: "g(a)" }, "g(a)"],
    ["drops only its own share", { prefix: "f(", suffix: ")\n", raw: "g(a))" }, "g(a)"],
    ["closes a quote once", { prefix: 'x = "', suffix: '"\n', raw: 'hello"' }, "hello"],
    ["keeps a quoted word", { prefix: "f(", suffix: ', "b")\n', raw: '"a"' }, '"a"'],
    ["keeps a letter that happens to follow", { prefix: "x = ", suffix: " return\n", raw: "for" }, "for"],
    ["opens nothing before text", { prefix: "f(", suffix: ");\n", raw: "a, {\n  b" }, "a"],
  ])("%s", (_, parts, expected) => {
    expect(displayed(parts)).toBe(expected);
  });

  const text = fc
    .array(
      fc.constantFrom(
        "a",
        "b();",
        "\n",
        "  ",
        "}",
        "{",
        "(",
        ")",
        '"',
        ";",
        "if (x) {",
        "\t",
        "\ufffd",
        "é",
        "\n}\n",
      ),
      {
        maxLength: 24,
      },
    )
    .map((parts) => parts.join(""));
  const stop = fc.constantFrom<StopReason[]>("endOfText", "line", "block", "length", "repetition", "doubt");

  it("takes from the two ends only, and leaves no blank end", () => {
    fc.assert(
      fc.property(text, text, text, stop, fc.nat(8), (prefix, suffix, raw, stop, lastLength) => {
        const { start, end } = trim(raw, {
          scope: scopeOf({ prefix, suffix }),
          healed: "",
          stop,
          lastLength,
        });
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(raw.length);
        const shown = raw.slice(start, end);
        expect(shown).toBe(shown.trimEnd());
        expect(shown).not.toContain("\ufffd");
        if (scopeOf({ prefix, suffix }).textFollows) expect(shown.trimStart()).not.toContain("\n");
      }),
      { numRuns: 1000 },
    );
  });

  it("does not depend on anything but its arguments", () => {
    fc.assert(
      fc.property(text, text, text, stop, (prefix, suffix, raw, stop) => {
        const parts = { prefix, suffix, raw, stop };
        expect(displayed(parts)).toBe(displayed({ ...parts }));
      }),
    );
  });

  it("is idempotent on one line where nothing follows", () => {
    const line = fc
      .array(fc.constantFrom("a", "b()", " ", ".", "= "), { maxLength: 12 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, line, (prefix, raw) => {
        const once = displayed({ prefix, raw });
        expect(displayed({ prefix, raw: once })).toBe(once);
      }),
    );
  });
});
