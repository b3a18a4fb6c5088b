/** Texts that a grammar and a compiler, or today and the day of sealing, read differently around lines that nobody touched. */
import { describe, expect, it } from "vitest";
import { normalizeText } from "../../../server/src/evidence/format/commitment";
import { ALL_CODE, TextParts } from "../../../server/src/evidence/locate/textParts";
import { GrammarQuestions } from "../../../server/src/workflows/grammarQuestions";
import { grammars, judged } from "./judgedPiece";

const read = (text: string): string => normalizeText(Buffer.from(text).toString("utf8"));

/** Sealed honestly, as the grammar says of the saved text, and judged in today's. */
async function honest(path: string, saved: string, accepted: string, today: string) {
  return await judged({ path, saved, accepted, today: read(today) });
}

const accepted = "check(digest, expected);";
const saved = `first(1);\n${accepted}\nlast(2);\n`;

describe("A. compiler reads text where the grammar reads code (all: hostile PR, piece sealed as code)", () => {
  it.each([
    ["A1 hashbang ends at U+2028 (node, esbuild)", "a.js", "#!/usr/bin/env node\u2028/*", "// */"],
    ["A1 hashbang ends at CR (node, esbuild)", "a.ts", "#!/usr/bin/env node\r/*", "// */"],
    ["A2 CPython ends a # comment at a lone CR", "a.py", "# x\r'''", "# x\r'''"],
    ["A3 javac ends a // comment at a lone CR", "A.java", "// x\r/*", "// */"],
    ["A4 rustc: #! before [ is no shebang", "a.rs", "#!/*", "*/[allow(dead_code)]"],
    [
      "A5 regex after an arrow function's body",
      "a.ts",
      "let x = () => {}\n/`/g; let y = `",
      "`; x = () => {}\n/`/g;",
    ],
    ["A5 the same in .js", "a.js", "let x = () => {}\n/`/g; let y = `", "`; x = () => {}\n/`/g;"],
    ["A5 the same in .tsx", "a.tsx", "let x = () => {}\n/`/g; let y = `", "`; x = () => {}\n/`/g;"],
    [
      "A5 regex after export default function(){}",
      "a.ts",
      "export default function(){} /`/g; let y = `",
      "`; {} /`/g;",
    ],
    [
      "A6 division by yield/using as names (scripts)",
      "a.js",
      "var yield=1,g=2; yield /1 + `/g",
      "yield /1 + `/g",
    ],
    ["A6 using as a name", "a.ts", "var using=1,g=2; using/`/g", "using/`/g"],
    ["A7 <!-- in .ts (esbuild, so vite and tsx)", "a.ts", "x <!--y + `\nlog(`", "`);\nx <!--y + `"],
    ["A8 JSX element <this.x> in .jsx", "a.jsx", "const a = <this.x>", "</this.x>;"],
  ])("%s", async (_name, path, opening, closing) => {
    const today = `${opening}\n${accepted}\n${closing}\n`;
    expect(await honest(path, saved, accepted, today)).toEqual(["edited edited"]);
  });
});

describe("B. the line's first character is code, and the rest is text", () => {
  it.each([
    [
      "B1 } ends a substitution (js)",
      "a.js",
      "if (a) {\n",
      "} else if (!check(digest, expected)) {",
      "  throw 1;\n}\n",
      "log(`${1\n",
      "`);\n",
    ],
    [
      "B1 } ends a substitution (ts)",
      "a.ts",
      "if (a) {\n",
      "} else if (!check(digest, expected)) {",
      "  throw 1;\n}\n",
      "log(`${1\n",
      "`);\n",
    ],
    [
      "B1 } ends a JSX expression (tsx)",
      "a.tsx",
      "if (a) {\n",
      "} else check(digest, expected);",
      "\n",
      "const a = <p>{1\n",
      "\n</p>;\n",
    ],
    [
      "B2 > ends an opening tag (tsx)",
      "a.tsx",
      "const ok = size\n",
      "> limit(check(digest, expected));",
      "\n",
      "const ok = <p\n",
      "\n</p>;\n",
    ],
    [
      "B3 the same, quoted once (Python 3.12 and later): no sign of it",
      "a.py",
      "run({1: 2\n",
      "}, check(digest, expected))  # users'",
      "\n",
      "run(f'{1\n",
      ")\n",
    ],
    [
      "B3 } ends a replacement field (py)",
      "a.py",
      "run({'a': 1\n",
      "}, check(digest, expected))",
      "\n",
      "run(f'''{1\n",
      "\n''')\n",
    ],
  ])("%s", async (_name, path, before, line, after, opening, closing) => {
    const today = `${opening}${line}\n${closing}`;
    expect(await honest(path, `${before}${line}\n${after}`, line, today)).toEqual(["edited edited"]);
  });
});

describe("C. begins inside of the same opener, but ends elsewhere, so that its later text is another thing", () => {
  it('C1 rust: r#" became r##", so "# in the piece no longer ends the string', async () => {
    const piece = '  help"#);\n  check(digest, expected);';
    const before = `fn f() {\n  print(r#"usage\n${piece}\n}\n`;
    const today = `fn f() {\n  print(r##"usage\n${piece}\n"##);\n}\n`;
    expect(await honest("a.rs", before, piece, today)).toEqual(["edited edited"]);
  });
  it("C2 rust: a nested comment is one deeper, so */ in the piece no longer ends it", async () => {
    const piece = " * Checks. */\nfn check() { verify(digest, expected) }";
    const before = `/*\n${piece}\n`;
    expect(await honest("a.rs", before, piece, `/* /*\n${piece}\n*/\n`)).toEqual(["edited edited"]);
  });
  it("C3 tsx: one more element around, so </div> in the piece no longer ends the JSX", async () => {
    const piece = "</div>;\ncheck(digest, expected);";
    const before = `const a = <div>{x}\n${piece}\n`;
    const today = `const a = <p><div>{x}\n${piece}\n</p>;\n`;
    expect(await honest("a.tsx", before, piece, today)).toEqual(["edited edited"]);
  });
  it("C4 ts: first line in a substitution, whose end is the piece's own }", async () => {
    const piece = "  run(a)\n}\ncheck(digest, expected);";
    const before = `if (a) {\n${piece}\n`;
    const today = `log(\`${"${1 +"}\n${piece}\n\`);\n`;
    expect(await honest("a.ts", before, piece, today)).toEqual(["edited edited"]);
  });
  it("C6 ts: one line, whose template ends in a substitution of another template", async () => {
    const piece = "done`)} check(digest, expected)";
    const before = `if (a) {log(\`\n${piece}\n`;
    const today = `x = \`${"${"}log(\`\n${piece}\n\`\n`;
    expect(await honest("a.ts", before, piece, today)).toEqual(["edited edited"]);
  });
});

describe("D. lines that nobody touched", () => {
  it.each([
    ["D1 an HTML comment in a template", "a.mjs", "export const page = `<!-- head -->`;\n"],
    ["D1 a line that begins with --> in a docblock", "a.mjs", "/**\n --> see below\n */\n"],
    ["D2 Latin-1 declared, as Python allows", "a.py", '# -*- coding: latin-1 -*-\n"""Doc."""\n'],
  ])("stay verified: %s", async (_name, path, head) => {
    const text = `${head}${saved}`;
    expect(await honest(path, text, accepted, text)).toEqual(["verified verbatim"]);
  });

  it.each([
    ["D3 an escaped quote in a Java string", "A.java", 'class B { String s = "\\u0022"; }\n'],
    ["D4 a large file", "a.ts", `/** Data. */\nexport const data = "${"x".repeat(1024 * 1024)}";\n`],
  ])("are edited, in doubt, where nobody can tell: %s", async (_name, path, head) => {
    const text = `${head}${saved}`;
    expect(await honest(path, text, accepted, text)).toEqual(["edited edited"]);
  });
});

describe("sealed while the text around was unfinished, and mended later, the lines untouched", () => {
  it.each([
    ["doc comment not closed yet", "a.ts", "/**\n", " * check(digest)", "\n", "/**\n", "\n */\nf();\n"],
    [
      "docstring not closed yet",
      "a.py",
      'def f():\n    """Doc.\n',
      "    check(digest)",
      "\n",
      'def f():\n    """Doc.\n',
      '\n    """\n',
    ],
    [
      "raw string not closed yet",
      "a.go",
      "package a\nvar u = `\n",
      "Checks the digest.",
      "\n",
      "package a\nvar u = `\n",
      "\n`\n",
    ],
    [
      "a substitution not closed above",
      "a.ts",
      "const t = `${a`;\nconst u = `\n",
      "Checks the digest.",
      "\n`;\n",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: It stands in the text of a program.
      "const t = `${a}`;\nconst u = `\n",
      "\n`;\n",
    ],
  ])("a line in it is edited, in doubt: %s", async (_name, path, before, line, after, opening, closing) => {
    const result = await honest(path, `${before}${line}${after}`, line, `${opening}${line}${closing}`);
    expect(result).toEqual(["edited edited"]);
  });

  it("a line of code stays verified", async () => {
    const line = "check(digest, expected);";
    const above = (tag: string): string => `const v = (\n  <div>\n    ${tag}\n  </div>\n);\n`;
    expect(await honest("a.tsx", `${above("<b>")}${line}\n`, line, `${above("<b/>")}${line}\n`)).toEqual([
      "verified verbatim",
    ]);
  });
});

describe("E. work is bounded", () => {
  const linesIn = (path: string, text: string) => grammars.linesOf(path, text, [{ first: 0, last: 0 }]);

  it("blank lines in a script are read in time linear in them", async () => {
    expect(await linesIn("a.js", `/* */${"\n".repeat(1024 * 1024 - 100)}x`)).toHaveLength(1);
  });

  it.each(["a<b,", "a<", "a<a<"])(
    "a grammar that follows ever more readings is not waited for: %s",
    async (part) => {
      expect(await linesIn("a.ts", `/**/${part.repeat(20_000)}`)).toBeNull();
    },
  );

  it("many pieces over many parts are looked at up to a bound, beyond which nobody can tell", () => {
    const text = "`\n".repeat(100_000);
    const parts = Array.from({ length: 50_000 }, (_, at) => ({
      start: 4 * at,
      end: 4 * at + 3,
      opener: "`",
    }));
    const textParts = new TextParts(text, parts);
    const digests = Array.from({ length: 8_192 }, (_, piece) =>
      textParts.digestOf(2 * piece, 2 * piece + 20_000),
    );
    expect(digests[0]).not.toBeNull();
    expect(digests.at(-1)).toBeNull();
  });
});

describe("F. an answer that failed for another text's sake", () => {
  it("is asked for again", async () => {
    let failures = 1;
    const questions = new GrammarQuestions({
      sameTokens: () => Promise.resolve(false),
      // What a thread does to all that wait when one text ends it.
      linesOf: (...question) => {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new Error("the thread ended")) : grammars.linesOf(...question);
      },
    });
    const asked = await questions.settled(() =>
      questions.linesOf("a.ts", "/* a */\nrun();\n", [{ first: 1, last: 1 }]),
    );
    expect(asked).toEqual([{ digest: ALL_CODE, isSure: true }]);
  });
});

describe("G. languages that have a grammar here, under extensions that are not listed", () => {
  it.each(["a.pyw", "a.pyi"])("%s", async (path) => {
    const today = `first(1);\n'''\n${accepted}\n'''\n`;
    expect(await honest(path, saved, accepted, today)).toEqual(["edited edited"]);
  });
});
