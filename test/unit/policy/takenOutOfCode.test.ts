/** Ways to take accepted lines out of a program without touching them. */
import { describe, expect, it } from "vitest";
import { normalizeText } from "../../../server/src/evidence/format/commitment";
import { judged } from "./judgedPiece";

const accepted = "check(digest, expected);";
const saved = `first(1);\n${accepted}\nlast(2);\n`;
const around = (opening: string, closing: string, end = ""): string =>
  `first(1);\n${opening}\n${accepted}\n${closing}\nlast(2);\n${end}`;

describe("a line that a compiler no longer reads is not verified", () => {
  it.each([
    ["javac reads escapes first", "a.java", "// \\u000a\\u002f\\u002a", "// *\\u002f"],
    [
      "CPython decodes first (PEP 263)",
      "a.py",
      "# coding: raw_unicode_escape\nx = 1\\u000a\\u0022\\u0022\\u0022",
      "# \\u0022\\u0022\\u0022",
    ],
    ["format specifier of an f-string", "a.py", "log(lambda: f'''{now:", "}''')"],
    ["scripts know <!--", "a.js", "x <!--y + `\nlog(`", "`);\nx <!--y + `"],
    ["a slash and > apart end an element", "a.tsx", 'const a = <p title="', '" / >;'],
    ["a < and slash apart (esbuild, Babel)", "a.tsx", "const a = <p>", "< /p>;"],
    ["a bare & in JSX text", "a.tsx", "const a = <p>\n  Tom & Jerry", "</p>;"],
    ["an escaped line end in a template type", "a.ts", "type X = `\\", "`;"],
    ["a text that is too long", "a.ts", "/*", "*/", "\n".repeat(1024 * 1024)],
    [
      "templates so deep that the walk fails",
      "a.ts",
      "/*",
      "*/",
      `${"`${\n".repeat(60_000)}1${"\n}`".repeat(60_000)};\n`,
    ],
  ])("%s (%s)", async (_name, path, opening, closing, end = "") => {
    expect(await judged({ path, saved, accepted, today: around(opening, closing, end) })).toEqual([
      "edited edited",
    ]);
  });

  it.each(["a.rs", "a.go", "a.sh"])("a carriage return alone ends no comment in %s", async (path) => {
    const bytes = Buffer.from(`first(1);\n//\r${accepted}\r//\nlast(2);\n`);
    const today = normalizeText(bytes.toString("utf8"));
    expect(await judged({ path, saved, accepted, today })).toEqual(["edited edited"]);
  });

  it("a prefix that was cut inside of a docstring does not show that the line stood in one", async () => {
    const text =
      '"""Doc.\n\nMore of the doc.\n"""\n\ndef f():\n    """Adds."""\n    check(digest, expected)\n\ndef g():\n    """Subtracts."""\n';
    const line = "    check(digest, expected)";
    const prompt = { prefix: text.slice(9, text.indexOf(line)) };
    const today = text.replace(line, `    '''\n${line}\n    '''`);
    expect(await judged({ path: "a.py", saved: text, accepted: line, today, prompt })).toEqual([
      "edited edited",
    ]);
  });

  it("a line of a docstring is verified as long as it stands in one of its kind", async () => {
    const line = "    Of two numbers, the sum.";
    const saved = `def f():\n    """Adds.\n${"    many lines.\n".repeat(300)}${line}\n    """\n`;
    const judgedAs = async (today: string) => await judged({ path: "a.py", saved, accepted: line, today });
    expect(await judgedAs(saved)).toEqual(["verified verbatim"]);
    expect(await judgedAs(saved.replace("    many", "    some"))).toEqual(["verified verbatim"]);
    expect(await judgedAs(saved.replaceAll('"""', "'''"))).toEqual(["edited edited"]);
    expect(await judgedAs(saved.replace('"""', 'f"""'))).toEqual(["edited edited"]);
  });

  it.each([
    ["a.ts", "/*", "*/"],
    ["a.go", "/*", "*/"],
    ["a.ts", "text(`", "`);"],
    ["a.py", '"""', '"""'],
  ])(
    "nor is one that left its comment or string and became code, in %s after %s",
    async (path, open, close) => {
      const before = `first(1);\n${open}\n${accepted}\n${close}\nlast(2);\n`;
      const judgedAs = async (today: string) => await judged({ path, saved: before, accepted, today });
      expect(await judgedAs(before)).toEqual(["verified verbatim"]);
      expect(await judgedAs(saved)).toEqual(["edited edited"]);
      expect(await judgedAs(before.replace(accepted, `${close}\n${accepted}\n${open}`))).toEqual([
        "edited edited",
      ]);
    },
  );
});
