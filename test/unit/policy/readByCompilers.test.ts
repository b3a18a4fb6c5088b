/** Texts in which a line's characters stand and a compiler, asked here where there is one, reads something else than was sealed. */
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
    [
      "a comment after an exported function",
      "a.ts",
      "export default function(){} /**/ /`/g; let y = `",
      "`; {} /`/g;",
    ],
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

describe("HTML comments", () => {
  it("end, after another comment, what a grammar takes for a comparison (node)", async () => {
    const today = around("x\n/**/ --> y + `\nlog(`", "`);\nx\n/**/ --> y + `");
    expect(callsInNode(today)).toBe(0);
    expect(await sealedAsCode("a.js", today)).toEqual(["edited edited"]);
  });
});

describe("HTML comments in code within a template", () => {
  it("are not part of the template (node)", async () => {
    const today = around("log(`${(() => {\nx <!--y + `\nlog(`", "`);\nx <!--y + `\n})()}`)");
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
  const folder = mkdtempSync(join(tmpdir(), "compilers-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("characters at which a compiler stops reading", () => {
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

describe("a NUL, which grammars take for the end of the text", () => {
  it.each([
    ["a comment (node)", "a.js", "/*\0", "*/"],
    ["a comment", "a.ts", "/*\0", "*/"],
    ["text of JSX", "a.tsx", "x = <a>\0", "</a>"],
    ["an attribute", "a.jsx", "x = <a b='\0", "'/>"],
  ])("%s of %s", async (_name, path, opening, closing) => {
    const today = around(opening, closing);
    expect(stringsHold(path, today)).toBe(true);
    if (path === "a.js") {
      expect(callsInNode(today)).toBe(0);
    }
    expect(await sealedAsCode(path, today)).toEqual(["edited edited"]);
  });

  it("a comment of Java's", async () => {
    const text = (begin: string, end: string): string =>
      `class A { public static void main(String[] a) {\n${begin}\n${accepted}\n${end}\n} }\n`;
    const today = text("/*\0", "*/");
    if (spawnSync("javac", ["-version"]).status === 0) {
      // Nothing is called check, so it compiles only where nobody calls it.
      const status = inFolder((folder) => {
        writeFileSync(join(folder, "A.java"), today);
        return spawnSync("javac", [join(folder, "A.java")]).status;
      });
      expect(status).toBe(0);
    }
    expect(await sealedAsCode("A.java", today, text("", ""))).toEqual(["edited edited"]);
  });

  it("a string of Python's, before 3.11.4", async () => {
    const today = "print('start')\nx='''\0\ncheck(digest, expected)\n'''\n";
    const python = join(process.env.HOME ?? "", ".pyenv/versions/3.10.13/bin/python");
    if (existsSync(python)) {
      const out = inFolder((folder) => {
        writeFileSync(join(folder, "a.py"), today);
        return spawnSync(python, [join(folder, "a.py")], { encoding: "utf8" });
      });
      expect([out.status, out.stdout]).toEqual([0, "start\n"]);
    }
    const line = "check(digest, expected)";
    expect(await sealedAsCode("a.py", today, `first(1)\n${line}\nlast(2)\n`, line)).toEqual([
      "edited edited",
    ]);
  });
});

describe("a NUL at the end of a line, by which Python before 3.11.4 takes the next line into this one", () => {
  it.each(["#\0", "x = 1 #\0", "if 0: pass;\0"])("%j", async (opening) => {
    const line = "check(digest, expected)";
    const today = `print('start')\n${opening}\n${line}\nprint('end')\n`;
    const python = join(process.env.HOME ?? "", ".pyenv/versions/3.10.13/bin/python");
    if (existsSync(python)) {
      const out = inFolder((folder) => {
        writeFileSync(join(folder, "a.py"), today);
        return spawnSync(python, [join(folder, "a.py")], { encoding: "utf8" });
      });
      expect([out.status, out.stdout]).toEqual([0, "start\nend\n"]);
    }
    expect(await sealedAsCode("a.py", today, `first(1)\n\n${line}\nlast(2)\n`, line)).toEqual([
      "edited edited",
    ]);
  });
});

describe("white space within a string that the grammar takes for code", () => {
  const exported = (blanks: string): string =>
    `export default function(){} /"/.exec(a) + "+c${blanks}+d+" //"`;

  it("counts after a regular expression that the grammar takes for a division (esbuild)", async () => {
    const [before, after] = [exported("   "), exported(" ")];
    expect(transformSync(before, { loader: "ts" }).code).not.toBe(
      transformSync(after, { loader: "ts" }).code,
    );
    expect(await sealedAsCode("a.ts", `${after}\n`, `${before}\n`, before)).toEqual(["edited edited"]);
  });

  it("counts after a division that the grammar takes for a regular expression (node)", async () => {
    const line = (blanks: string): string => `var z = yield /1 + '/g.x(a${blanks}+${blanks}b); //'`;
    const valueIn = (text: string): unknown => runInNewContext(`var yield = 1; ${text}\n; z`);
    const [before, after] = [line("  "), line(" ")];
    expect(valueIn(before)).not.toBe(valueIn(after));
    expect(await sealedAsCode("a.js", `${after}\n`, `${before}\n`, before)).toEqual(["edited edited"]);
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
