/** Lexical rules alone say the same as grammars of texts without errors, or that they cannot tell. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lexicalParts } from "../../../server/src/evidence/locate/lexicalParts";
import { TextParts } from "../../../server/src/evidence/locate/textParts";
import { grammars } from "../policy/judgedPiece";

/** What is read as text of several lines, after what it begins with. */
function partsOf(language: string, text: string): readonly string[] {
  const { parts } = lexicalParts(language, text, 0);
  return [...parts]
    .sort((one, other) => one.start - other.start)
    .map(({ start, end, opener }) => `${opener} ${text.slice(start, end)}`);
}

describe("by lexical rules alone", () => {
  it.each([
    ["go", "a := `x\n\"y`; b := '`'; // `\n", ['` `x\n"y`']],
    [
      "java",
      'a = """\n  \\""" /* "\n""" + "/*" + \'"\'; /*\n"*/',
      ['""" """\n  \\""" /* "\n"""', '/* /*\n"*/'],
    ],
    ["python", "a = rb'''x\n\"'''; b = '#'; # '''\nc = 'd\\\ne'", ["rb''' rb'''x\n\"'''", "' 'd\\\ne'"]],
    ["python", "a = f\"{x['a']}\" + f'{{' ; b = '''\n'''", ["''' '''\n'''"]],
    [
      "rust",
      'let a: &\'a str = r##"x\n"#"##; let b = \'"\'; /* /*\n*/ " */ let c = "\n";',
      ['r##" r##"x\n"#"##', '/* /* /*\n*/ " */', '" "\n"'],
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    ["typescript", "a = `x${ b + {c: `\n`}.d }y`;", ["` `x", "` `\n`", "` y`"]],
    ["typescript", "a = /[/`]/; e = b / 2 + d / `\n`;", ["` `\n`"]],
    ["tsx", "if (a < b) f<T>('<'); /*\n*/", ["/* /*\n*/"]],
  ])("%s %j", (language, text, expected) => {
    expect(partsOf(language, text)).toEqual(expected);
    expect(lexicalParts(language, text, 0).doubtFrom).toBe(text.length);
  });

  it.each([
    ["go", "a := 1; |/* x\n"],
    ["go", "a := 1; |`x\n"],
    ["python", "a = 1; |''' x\n"],
    ["python", "a = |f\"{x[\"a\"]}\"; b = '''\n'''"],
    ["python", "a = |f'''{x\n}'''"],
    ["rust", 'let a = 1; |r#" x"\n'],
    ["rust", 'let a = 1; |" x\n'],
    ["typescript", "a = 1; |`x\n"],
    ["typescript", "yield |/1 + `/g"],
    ["typescript", "() => {} |/`/g"],
    ["typescript", "(a) |/`/g"],
    ["typescript", "let a\n|/`/g"],
    ["typescript", "a |<!-- `"],
    ["typescript", "a\n|--> `"],
    ["typescript", "a\n/**/ |--> `"],
    ["typescript", "a = 1; |/* x\n"],
    ["javascript", "return |<a>`"],
    ["javascript", "let a\n|<a>`"],
    ["tsx", "if (a) |<a>`"],
  ])("nobody can tell of %s %j from the bar on", (language, marked) => {
    const text = marked.replace("|", "");
    expect(lexicalParts(language, text, 0).doubtFrom).toBe(marked.indexOf("|"));
  });

  it("they say of our own sources what the grammar says", async () => {
    const folder = join(process.cwd(), "server/src/evidence");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    let told = 0;
    for (const file of files) {
      const text = readFileSync(join(folder, file), "utf8");
      const lines = text.split("\n");
      const { parts, doubtFrom } = lexicalParts("typescript", text, 0);
      const spans = lines.map((_, line) => ({ first: line, last: line }));
      const readings = await grammars.linesOf("a.ts", text, spans);
      const ours = new TextParts(text, parts);
      let start = 0;
      for (const [index, line] of lines.entries()) {
        const end = Math.min(start + line.length + 1, text.length);
        if (end <= doubtFrom && readings?.[index] !== undefined) {
          expect(ours.digestOf(start, end), `${file} ${index + 1}`).toBe(readings[index]?.digest);
          told += 1;
        }
        start += line.length + 1;
      }
    }
    expect(told).toBeGreaterThan(1000);
  }, 60_000);

  it("takes time linear in texts that begin much and end nothing", () => {
    const took = (language: string, text: string): number => {
      const start = process.cpuUsage();
      lexicalParts(language, text, 0);
      return process.cpuUsage(start).user;
    };
    const texts: readonly (readonly [string, string])[] = [
      ["typescript", "a /"],
      ["typescript", "`${"],
      ["typescript", "'\\\n"],
      ["tsx", "a / < "],
      ["python", "f'{{"],
      ["python", "'\\\n"],
      ["rust", "'a /*"],
      ["java", '"" '],
      ["go", "/ * "],
    ];
    for (const [language, part] of texts) {
      took(language, part.repeat(1_000));
      const few = took(language, part.repeat(4_000));
      expect(took(language, part.repeat(32_000)) / Math.max(few, 20_000), part).toBeLessThan(24);
    }
  }, 60_000);
});
