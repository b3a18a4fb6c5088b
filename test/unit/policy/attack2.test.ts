/** Texts that nobody attacked before in which a line's characters stand, and a compiler reads something else than was sealed. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { commit, normalizeText } from "../../../server/src/evidence/format/commitment";
import type { SealedEvidence } from "../../../server/src/evidence/format/sealBatch";
import { LineIndex } from "../../../server/src/evidence/locate/lineIndex";
import { locatePiece, type PieceToLocate } from "../../../server/src/evidence/locate/locatePiece";
import { addressOf, signPersonalMessage } from "../../../server/src/platform/ecdsa";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { GrammarQuestions } from "../../../server/src/workflows/grammarQuestions";
import { digestOf } from "../../support/digests";
import { sample, facts as sampleFacts, sealed } from "../../support/sampleBatch";
import { claimOf, parameters } from "./goodCase";
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
  const folder = mkdtempSync(join(tmpdir(), "attack2-"));
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

describe("what a stranger's claims cost", () => {
  const salt = new Uint8Array(32);
  /** Processor time of looking for so many pieces in one text of which only a little may be looked at. */
  const took = (text: string, pieces: number, make: (index: number) => Partial<PieceToLocate>): number => {
    const today = new LineIndex(text, 40_000);
    const start = process.cpuUsage();
    for (let index = 0; index < pieces; index += 1) {
      const accepted = `yy${index}`;
      const piece: PieceToLocate = {
        path: "a.txt",
        start: { line: 0, character: 0 },
        end: { line: 0, character: 4 },
        accepted,
        saved: [accepted],
        lines: [],
        lineSalts: [],
        surroundings: null,
        surroundingsSalt: salt,
        ...make(index),
      };
      locatePiece(piece, today, () => false);
    }
    return process.cpuUsage(start).user;
  };

  it("pieces beside a long line are looked for within the text's budget", () => {
    const text = `${" x".repeat(2048)}\nfoo\n`;
    took(text, 20, () => ({}));
    expect(took(text, 800, () => ({})) / took(text, 80, () => ({}))).toBeLessThan(5);
  }, 120_000);

  it("and so are those of which only digests are known", () => {
    const line = "x".repeat(32_768);
    const make = (): Partial<PieceToLocate> => ({
      saved: null,
      accepted: "xxxx",
      lines: [{ digest: commit("line", salt, Buffer.from(line)), length: line.length }],
      lineSalts: [salt],
    });
    const today = `${line}\nfoo\n`;
    took(today, 20, make);
    expect(took(today, 1000, make) / took(today, 100, make)).toBeLessThan(5);
  }, 120_000);

  it("strangers' unanchored claims leave honest lines verified in a file with much JSX", async () => {
    // One line of a table, as generators write them, and around it what the stranger claims.
    const cells = "<b>x</b> ".repeat(400);
    const filler = Array.from({ length: 48 }, (_, at) => `const name${at} = value(${at});`);
    const honest = "const total = compute(all, others);";
    const lines = [...filler.slice(0, 24), `const row = <p>${cells}</p>;`, ...filler.slice(24), honest];
    const text = `${lines.join("\n")}\n`;
    const spans = Array.from({ length: 24 * 24 }, (_, at) => ({
      first: at % 24,
      last: 25 + Math.floor(at / 24),
    }));
    const strangerKey = Buffer.from("47".repeat(32), "hex");
    const facts = { ...sampleFacts, device: addressOf(strangerKey) };
    const strangers: SealedEvidence[] = [];
    for (let from = 0; from < spans.length; from += 100) {
      const samples = spans.slice(from, from + 100).map(({ first, last }) =>
        sample({
          path: "a.tsx",
          displayed: lines.slice(first, last + 1).join("\n"),
          position: { line: first, character: 0 },
          prompt: { prefix: "", suffix: "", context: [] },
        }),
      );
      strangers.push(
        sealed(samples, {
          texts: { "a.tsx": text },
          facts,
          sign: (message) => signPersonalMessage(message, strangerKey),
          sequence: from + 3,
          previousSeal: digestOf((from / 100 + 16).toString(16)),
          open: () => false,
        }),
      );
    }
    const bytes = strangers.reduce((sum, { evidence }) => sum + evidence.length, 0);
    expect(bytes).toBeLessThan(16 * 1024 * 1024);
    const honestly = () => {
      const suggestion = sample({
        path: "a.tsx",
        displayed: honest,
        position: { line: lines.length - 1, character: 0 },
        prompt: { prefix: `${lines.slice(0, -1).join("\n")}\n`, suffix: "\n", context: [] },
      });
      return { suggestion, own: sealed([suggestion], { texts: { "a.tsx": text } }) };
    };
    // The order is that of leaf hashes, which the stranger can choose; here, that of an honest claim that comes late.
    let { suggestion, own } = honestly();
    while (!claimOf([own], suggestion.id).startsWith("f")) {
      ({ suggestion, own } = honestly());
    }
    const judgedWith = async (others: readonly SealedEvidence[]): Promise<readonly string[]> => {
      const questions = new GrammarQuestions(grammars);
      const { sameTokens, linesOf } = questions;
      const all = parameters("", [own, ...others], [suggestion.id]);
      const report = await questions.settled(() =>
        verify({
          ...all,
          chain: new Map([...all.chain].slice(0, 1)),
          texts: new Map([["a.tsx", text]]),
          sameTokens,
          linesOf,
        }),
      );
      return report.suggestions
        .filter(({ id }) => id === suggestion.id)
        .map(({ summary, checks }) => `${summary} ${checks.content}`);
    };
    expect(await judgedWith([])).toEqual(["verified verbatim"]);
    expect(await judgedWith(strangers)).toEqual(["verified verbatim"]);
  }, 120_000);
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
