/** Texts that nobody attacked before in which a line's characters stand, and a compiler reads something else than was sealed. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { normalizeText } from "../../../server/src/evidence/format/commitment";
import { grammars, judged } from "./judgedPiece";

const accepted = "check(digest, expected);";
const saved = `first(1);\n${accepted}\nlast(2);\n`;

/** Sealed as code, and judged in today's text. */
async function sealedAsCode(path: string, today: string, before = saved, piece = accepted) {
  return await judged({
    path,
    saved: before,
    accepted: piece,
    today: normalizeText(Buffer.from(today).toString("utf8")),
  });
}

const around = (opening: string, closing: string): string => `${opening}\n${accepted}\n${closing}\n`;

/** How often node calls `check` in a script. */
function callsInNode(text: string): number {
  let calls = 0;
  const check = (): void => {
    calls += 1;
  };
  runInNewContext(text, { check, first() {}, last() {}, log: String, x: 1, digest: 1, expected: 1 });
  return calls;
}

describe("slashes: a comment or blanks hide the word before a slash", () => {
  it.each([
    ["a comment after yield", "var yield=1,g=2; yield /**/ /1 + `/g", "yield /**/ /1 + `/g"],
    [
      "two hundred blanks after yield",
      `var yield=1,g=2; yield${" ".repeat(210)}/1 + \`/g`,
      `yield${" ".repeat(210)}/1 + \`/g`,
    ],
  ])("%s (node)", async (_name, opening, closing) => {
    const today = around(opening, closing);
    expect(callsInNode(today)).toBe(0);
    expect(await sealedAsCode("a.js", today)).toEqual(["edited edited"]);
  });

  it.each([
    ["a comment after an exported function", "a.ts", "export default function(){} /**/ /`/g; let y = `", "`; {} /`/g;"],
    ["the same in JavaScript", "a.js", "export default function(){} /**/ /`/g; let y = `", "`; {} /`/g;"],
    ["a comment after using", "a.ts", "var using=1,g=2; using /**/ /`/g", "using /**/ /`/g"],
  ])("%s (esbuild)", async (_name, path, opening, closing) => {
    const today = around(opening, closing);
    expect(stringsHold(path, today)).toBe(true);
    expect(await sealedAsCode(path, today)).toEqual(["edited edited"]);
  });
});

/** Whether esbuild, which prints code without its blanks and strings as they are, reads the accepted line as part of one. */
function stringsHold(path: string, text: string): boolean {
  const loader = path.endsWith("ts") ? "ts" : path.endsWith("tsx") ? "tsx" : "jsx";
  const { code } = transformSync(text, { loader, minifyWhitespace: true, jsx: "preserve" });
  return !code.includes("check(digest,expected)");
}

describe("HTML comments in code within a template", () => {
  it("are not part of the template (node)", async () => {
    const today = around(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: It stands in the text of a program.
      "log(`${(() => {\nx <!--y + `\nlog(`",
      "`);\nx <!--y + `\n})()}`)",
    );
    expect(callsInNode(today)).toBe(0);
    expect(await sealedAsCode("a.js", today)).toEqual(["edited edited"]);
  });
});

describe("JSX whose names are words of the language", () => {
  it.each([
    ["a label's for", "a.jsx", "const a = <label for='name'>", "</label>;"],
    ["class, as Preact and Solid write it", "a.jsx", "const a = <p class='note'>", "</p>;"],
    ["an element var", "a.jsx", "const a = <new.x>", "</new.x>;"],
    ["an element super", "a.jsx", "const a = <super>", "</super>;"],
    ["an element this after a blank", "a.jsx", "const a = < this>", "</ this>;"],
    ["an attribute extends", "a.tsx", "const a = <p extends='x'>", "</p>;"],
    ["a name space", "a.tsx", "const a = <x:object>", "</x:object>;"],
    ["const", "a.tsx", "const a = <x:const>", "</x:const>;"],
  ])("%s (esbuild)", async (_name, path, opening, closing) => {
    const today = around(opening, closing);
    expect(stringsHold(path, today)).toBe(true);
    expect(await sealedAsCode(path, today)).toEqual(["edited edited"]);
  });
});

describe("what the grammar does not know yet", () => {
  it.each(["a.ts", "a.tsx"])("a comment after for (using …) in %s (esbuild)", async (path) => {
    const today = around("for (using x of y) {};/*", "*/");
    expect(stringsHold(path, today)).toBe(true);
    expect(await sealedAsCode(path, today)).toEqual(["edited edited"]);
  });
});

function inFolder<Value>(use: (folder: string) => Value): Value {
  const folder = mkdtempSync(join(tmpdir(), "attack2-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("characters at which a compiler stops reading", () => {
  it("Python before 3.11.4 leaves out the rest of a line after a NUL", async () => {
    const today = "print('start')\n'''\0'''\ncheck(digest, expected)\n'''\0'''\n";
    const python = join(process.env["HOME"] ?? "", ".pyenv/versions/3.10.13/bin/python");
    if (existsSync(python)) {
      const out = inFolder((folder) => {
        writeFileSync(join(folder, "a.py"), today);
        return spawnSync(python, [join(folder, "a.py")], { encoding: "utf8" });
      });
      expect([out.status, out.stdout]).toEqual([0, "start\n"]);
    }
    const line = "check(digest, expected)";
    expect(await sealedAsCode("a.py", today, `first(1)\n${line}\nlast(2)\n`, line)).toEqual(["edited edited"]);
  });

  it("javac takes Ctrl-Z for the end of a file, wherever it stands", async () => {
    const first = "class A { public static void main(String[] a) {} }\n";
    const line = "  static boolean allows(Object o) { return check(o, secret()); }";
    const text = (mark: string): string => `${first}${mark}class B {\n${line}\n}\n`;
    const today = text("\u001a");
    if (spawnSync("javac", ["-version"]).status === 0) {
      const made = inFolder((folder) => {
        writeFileSync(join(folder, "A.java"), today);
        const { status } = spawnSync("javac", [join(folder, "A.java")]);
        return [status, existsSync(join(folder, "B.class"))];
      });
      expect(made).toEqual([0, false]);
    }
    expect(await sealedAsCode("A.java", today, text(""), line)).toEqual(["edited edited"]);
  });
});

describe("work", () => {
  it("blanks on one line of a script are read in time linear in them", async () => {
    const took = async (blanks: number): Promise<number> => {
      const start = process.cpuUsage();
      await grammars.linesOf("a.js", `/**/${" ".repeat(blanks)}x`, [{ first: 0, last: 0 }]);
      const { user } = process.cpuUsage(start);
      return user;
    };
    await took(1000);
    expect((await took(40_000)) / Math.max(await took(10_000), 20_000)).toBeLessThan(8);
  }, 60_000);
});
