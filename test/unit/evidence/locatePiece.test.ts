import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  lineDigest,
  lineSalt,
  linesBeforeDigest,
  linesBeforeSalt,
} from "../../../server/src/evidence/format/commitment";
import type { Position } from "../../../server/src/evidence/format/record";
import { amongCopies } from "../../../server/src/evidence/locate/copies";
import { LineIndex } from "../../../server/src/evidence/locate/lineIndex";
import {
  type Located,
  locatePiece,
  type PieceToLocate,
} from "../../../server/src/evidence/locate/locatePiece";
import { digestOf } from "../../support/digests";

const salt = digestOf("5a");

/** A piece that was accepted at a place of a saved text. */
function piece(saved: string, accepted: string, more: Partial<PieceToLocate> = {}): PieceToLocate {
  const at = saved.indexOf(accepted);
  const start = positionAt(saved, at);
  const end = positionAt(saved, at + accepted.length);
  const lines = saved.split("\n").slice(start.line, end.line + 1);
  const saltBefore = linesBeforeSalt(salt, 0);
  return {
    path: "a.ts",
    start,
    end,
    accepted,
    saved: lines,
    lines: lines.map((line, index) => lineDigest(salt, 0, index, line)),
    lineSalts: lines.map((_, index) => lineSalt(salt, 0, index)),
    ...among(saved, start.line, end.line, saltBefore),
    linesBeforeSalt: saltBefore,
    surroundings: null,
    surroundingsSalt: new Uint8Array(32),
    ...more,
  };
}

function among(
  saved: string,
  first: number,
  last: number,
  salt: Uint8Array,
): Pick<PieceToLocate, "copies" | "before"> {
  const { copies, before } = amongCopies(new LineIndex(saved), first, last);
  return {
    copies,
    before: before && { lines: before.wanted, digest: linesBeforeDigest(salt, before.lines) },
  };
}

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

/** The same piece where only the digests of its lines are known. */
const withoutText = (one: PieceToLocate): PieceToLocate => ({ ...one, saved: null });

const find = (one: PieceToLocate, today: string, isSame = false): Located =>
  locatePiece(one, new LineIndex(today), () => isSame);

const SAVED = "function f(a) {\n  const total = a + 1;\n\n  return total * a;\n}\n";
const ANSWER = "const total = a + 1;\n\n  return total * a;";

describe("whole lines", () => {
  const one = piece(SAVED, ANSWER);
  it.each([
    ["with its text", one],
    ["by digests alone", withoutText(one)],
  ])("stand at their place: %s", (_name, wanted) => {
    const range = { start: { line: 1, character: 2 }, end: { line: 3, character: 19 } };
    expect(find(wanted, SAVED)).toEqual({ content: "verbatim", range, kept: 2, total: 2 });
  });

  it.each([
    ["with its text", one],
    ["by digests alone", withoutText(one)],
  ])("moved as a block: %s", (_name, wanted) => {
    const moved = find(wanted, `// one\n\n// two\n${SAVED}`);
    expect(moved).toMatchObject({ content: "moved", range: { start: { line: 4, character: 2 } } });
    const twice = find(wanted, `// one\n${SAVED}${SAVED}`);
    expect(twice).toMatchObject({ content: "ambiguous", range: null });
    // At its own place nothing is ambiguous.
    expect(find(wanted, `${SAVED}${SAVED}`)).toMatchObject({ content: "verbatim" });
  });

  it("are edited by any line between them, and by any that is gone or in another order", () => {
    const [first = "", second = "", blank = "", third = "", ...rest] = SAVED.split("\n");
    for (const lines of [
      [first, second, blank, "  evil();", third, ...rest],
      [first, second, third, ...rest],
      [first, second, blank, blank, third, ...rest],
      [first, third, blank, second, ...rest],
      [first, second, " ", third, ...rest],
    ]) {
      for (const wanted of [one, withoutText(one)]) {
        expect(find(wanted, lines.join("\n"))).toMatchObject({ content: "edited" });
      }
    }
  });

  it("do not make a piece stand whose accepted text was not in them when it was sealed", () => {
    const forged = { ...piece(SAVED, ANSWER), accepted: "const hidden = a - 1;\n\n  return total * a;" };
    expect(find(forged, SAVED)).toMatchObject({ content: "edited", kept: 1, total: 2 });
    expect(find(forged, SAVED, true)).toMatchObject({ content: "edited" });
    const respaced = { ...piece(SAVED, ANSWER), accepted: ANSWER.replace("a + 1", "a+1") };
    expect(find(respaced, SAVED)).toMatchObject({ content: "edited" });
    expect(find(respaced, SAVED, true)).toMatchObject({ content: "reformatted" });
  });

  it("move only with twelve letters or digits, or right after the lines that stood before them", () => {
    const text = "if (ready(user)) {\n  go(1);\n}\n";
    const after = piece(text, "go(1);");
    expect(find({ ...after, before: null }, `\n\n${text}`).content).not.toBe("moved");
    expect(find(after, `\n\n${text}`)).toMatchObject({ content: "moved", range: { start: { line: 3 } } });
    expect(find(after, `\n\n${text.replace("ready", "never")}`).content).not.toBe("moved");
  });

  it("are looked for where an editor followed them to, first", () => {
    const hinted = { ...one, hint: { line: 6, character: 2 } };
    expect(find(hinted, SAVED + SAVED)).toMatchObject({ content: "verbatim", range: { start: { line: 6 } } });
  });
});

describe("white space", () => {
  const one = piece(SAVED, ANSWER);
  it("is forgiven where a grammar says so, and only if nothing else differs", () => {
    const today = SAVED.replace("a + 1", "a  +  1").replace("  return", "\treturn");
    expect(find(one, today)).toMatchObject({ content: "edited" });
    const range = { start: { line: 1, character: 2 }, end: { line: 3, character: 18 } };
    expect(find(one, today, true)).toEqual({ content: "reformatted", range, kept: 2, total: 2 });
    for (const separator of ["\u2028", "\u00a0", "\u0085", "\f", "\v", "\ufeff", "\u200b"]) {
      expect(find(one, today.replace("return", `return${separator}`), true)).toMatchObject({
        content: "edited",
      });
    }
  });

  it("is asked of whole texts that differ in the lines of the piece alone", () => {
    const asked: string[][] = [];
    const today = `\n${SAVED}`.replace("a + 1", "a+1");
    locatePiece(one, new LineIndex(today), (...question) => {
      asked.push(question);
      return true;
    });
    expect(asked).toEqual([["a.ts", `\n${SAVED}`, today]]);
  });

  it("is judged at its place where a blank line at the end of the piece is gone", () => {
    const text = "const total = a + 1;\nreturn total * a;\n\nend();\n";
    const wanted = piece(text, "const total = a + 1;\nreturn total * a;\n\n");
    const { alikeAt, content } = find(wanted, text.replace("a;\n\n", "a ;\n"), true);
    expect({ alikeAt, content }).toEqual({ alikeAt: undefined, content: "reformatted" });
  });

  it("is judged at the start of a text, too, where a blank line of the piece is gone", () => {
    const text = "\nconst total = a + 1;\n";
    const wanted = piece(text, "\nconst total = a + 1;");
    expect(find(wanted, "const total = a+1;\n", true)).toMatchObject({
      content: "reformatted",
      range: { start: { line: 0, character: 0 } },
    });
  });
});

describe("an edited piece", () => {
  it.each([
    ["  const total = a + 2;\n\n  return total * a;", 1],
    ["  const total = a + 1;\n\n  return 0;", 1],
    ["  // const total = a + 1;\n\n  // return total * a;", 0],
  ])("is recognised by what is left: %j", (changed, kept) => {
    const today = SAVED.replace(`  ${ANSWER}`, changed);
    expect(find(piece(SAVED, ANSWER), today)).toMatchObject({ content: "edited", kept, total: 2 });
  });

  it("has no line of its own in another place, and so covers no line of its twin", () => {
    const line = "    return this.items.pop();";
    const twins = `  first() {\n${line}\n  }\n  second() {\n${line}\n  }\n`;
    const own = piece(twins, "items.pop();");
    expect(find(own, twins.replace("pop", "shift"))).toEqual({
      content: "edited",
      range: { start: { line: 1, character: 4 }, end: { line: 1, character: 30 } },
      kept: 0,
      total: 1,
    });
  });

  it("is gone where nothing is left", () => {
    for (const today of ["", "\n", "function g() {}\n", "x\n".repeat(500)]) {
      expect(find(piece(SAVED, ANSWER), today)).toMatchObject({ content: "gone", range: null });
    }
  });

  it("never has a place outside of the text", () => {
    const unit = fc.constantFrom(..."ab(){};=\n\n  \t");
    const texts = fc.string({ unit, maxLength: 60 });
    fc.assert(
      fc.property(
        texts,
        fc.string({ unit, minLength: 1, maxLength: 20 }),
        texts,
        texts,
        fc.boolean(),
        (before, accepted, after, today, isSame) => {
          const at = before.length;
          const saved = before + accepted + after;
          const start = positionAt(saved, at);
          const end = positionAt(saved, at + accepted.length);
          const lines = saved.split("\n").slice(start.line, end.line + 1);
          const wanted = { ...piece(saved, accepted), start, end, saved: lines };
          const lengths = today.split("\n").map((line) => line.length);
          const { content, range, kept, total } = find(wanted, today, isSame);
          expect(kept).toBeLessThanOrEqual(total);
          expect(range === null).toBe(content === "gone" || content === "ambiguous");
          for (const { line, character } of range === null ? [] : [range.start, range.end]) {
            expect(character).toBeLessThanOrEqual(lengths[line] ?? -1);
          }
          if (range !== null) {
            expect(range.start.line).toBeLessThanOrEqual(range.end.line);
          }
        },
      ),
      { numRuns: 3000, seed: 5 },
    );
  });
});

describe("work", () => {
  /** Lines of a text that were looked at. */
  function counted(text: string, search: (index: LineIndex) => void, budget?: number): number {
    const index = new LineIndex(text, budget);
    let looks = 0;
    const lines = new Proxy(index.lines as string[], {
      get(target, key) {
        looks += typeof key === "string" && /^\d+$/.test(key) ? 1 : 0;
        return Reflect.get(target, key);
      },
    });
    Object.defineProperty(index, "lines", { value: lines });
    search(index);
    return looks;
  }

  it.each<[string, (size: number) => { text: string; wanted: readonly PieceToLocate[] }]>([
    [
      "pieces at their places",
      (size) => {
        const text = Array.from({ length: size }, (_, at) => `const value${at} = ${at};\n`).join("");
        return {
          text,
          wanted: Array.from({ length: size }, (_, at) => piece(text, `const value${at} = ${at};`)),
        };
      },
    ],
    [
      "long pieces of one line again and again",
      (size) => {
        const text = "  call(again, and, again);\n".repeat(size);
        const accepted = text.slice(2, -1);
        return {
          text,
          wanted: [
            {
              ...piece(text, accepted),
              start: { line: 1, character: 2 },
              end: { line: size, character: 26 },
            },
          ],
        };
      },
    ],
    [
      "a long piece whose white space changed",
      (size) => {
        const saved = Array.from({ length: size }, (_, at) => `  call( ${at} );\n`).join("");
        return { text: saved.replaceAll("( ", "("), wanted: [piece(saved, saved.trim())] };
      },
    ],
    [
      "a long piece of which every second line changed",
      (size) => {
        const saved = Array.from({ length: size }, (_, at) => `  callThis(${at});\n`).join("");
        return {
          text: saved.replace(/This(\(\d*[13579]\))/g, "That$1"),
          wanted: [piece(saved, saved.trim())],
        };
      },
    ],
  ])("grows as its input: %s", (_name, make) => {
    const looksAt = (size: number): number => {
      const { text, wanted } = make(size);
      return counted(text, (index) => wanted.forEach((one) => void locatePiece(one, index, () => false)));
    };
    expect(looksAt(2000)).toBeLessThan(2.5 * looksAt(1000));
  });

  it("is bounded where many pieces are looked for in a text of blank lines", () => {
    const text = `${"\n".repeat(2000)}const total = a + 1;\n`;
    const saved = "const total = a - 1;\n";
    const wanted = piece(saved, "const total = a - 1;");
    const looks = (pieces: number): number =>
      counted(
        text,
        (index) => {
          for (let count = 0; count < pieces; count += 1) {
            locatePiece(wanted, index, () => false);
          }
        },
        20_000,
      );
    expect(looks(1)).toBeGreaterThan(2000);
    expect(looks(400)).toBeLessThan(30_000);
  });

  it("that would take too long leaves open what stands there, and hides nothing as gone", () => {
    const text = `words that begin it\n${"filling the text with words\n".repeat(30_000)}  const secret = readAll(path) ;\n`;
    const wanted = piece("const secret = readAll(path)", "const secret = readAll(path)");
    const index = new LineIndex(text);
    const locate = (): Located["content"] => locatePiece(wanted, index, () => false).content;
    expect(locate()).toBe("edited");
    const contents = Array.from({ length: 60 }, locate);
    expect(new Set(contents)).toEqual(new Set(["edited", "ambiguous"]));
    expect(index.isSpent).toBe(true);
    // What stands at its place costs nothing, and is found all the same.
    const whole = piece(text, "words that begin it");
    expect(locatePiece(whole, index, () => false).content).toBe("verbatim");
  });

  it("looks at so many places of a line and no more", () => {
    const index = new LineIndex("same\n".repeat(1000));
    expect(index.linesLike("same")).toHaveLength(64);
    expect(index.placesOf(["same", "same"])).toHaveLength(64);
    expect(index.visiblePlacesOf(" sa me\t")).toHaveLength(64);
    expect(index.placesOf(["same", "other"])).toEqual([]);
    expect(index.placesOf(["same", ""])).toEqual([999]);
  });
});

describe("lines that were sealed in the place of another text", () => {
  const laidOut = SAVED.replace("\n\n", "\n   \n\n");

  it("are edited however they are laid out today, whatever a grammar says of them", () => {
    const other = piece(SAVED, ANSWER, { accepted: "const other = b - 2;" });
    expect(find(other, laidOut, true).content).toBe("edited");
    const shorter = piece(SAVED, ANSWER, { accepted: ANSWER.slice(0, -1) });
    expect(find(shorter, laidOut, true).content).toBe("edited");
  });

  it("are reformatted where only white space differs from what was accepted, then as now", () => {
    const one = piece(SAVED, ANSWER);
    expect(find(one, laidOut, true).content).toBe("reformatted");
    const spread = piece(SAVED, ANSWER, { accepted: ANSWER.replace("a + 1", "a  +  1") });
    expect(find(spread, laidOut, true).content).toBe("reformatted");
  });
});

describe("lines of which there are copies", () => {
  it("are not known where a text may not be looked at any more", () => {
    const text = "if (false)\n  this.entries.clear();\n";
    const made = { ...piece(text, "this.entries.clear();"), copies: 2 };
    expect(locatePiece(made, new LineIndex(text), () => false).content).toBe("verbatim");
    expect(locatePiece(made, new LineIndex(text, 0), () => false).content).toBe("ambiguous");
  });

  const LINE = "    this.entries.clear();\n";
  const method = (name: string): string => `  ${name}(): void {\n${LINE}  }\n`;
  const TEXT = `export class Registry {\n${method("clear")}${method("clearAll")}}\n`;
  const at = TEXT.lastIndexOf("this");
  const one: PieceToLocate = (() => {
    const start = positionAt(TEXT, at);
    const made = piece(TEXT, TEXT.slice(at, TEXT.indexOf("\n", at)));
    const end = { line: start.line, character: LINE.length - 1 };
    return { ...made, start, end, ...among(TEXT, start.line, end.line, made.linesBeforeSalt) };
  })();

  it.each([
    ["with its text", one],
    ["by digests alone", withoutText(one)],
  ])("are known by the line before them: %s", (_name, wanted) => {
    expect(wanted.copies).toBe(2);
    expect(find(wanted, TEXT)).toMatchObject({ content: "verbatim", range: { start: { line: 5 } } });
    // The other one, which slid to its place.
    const slid = `// one\n// two\n// three\n${TEXT.replace(method("clearAll"), "")}`;
    expect(slid.split("\n")[5]).toBe(LINE.trimEnd());
    expect(find(wanted, slid)).toMatchObject({ content: "ambiguous", range: null });
    // An editor that followed the wrong one proves nothing.
    const followed = { ...wanted, hint: { line: 2, character: 4 } };
    expect(find(followed, TEXT)).toMatchObject({ content: "verbatim", range: { start: { line: 5 } } });
  });

  it("are no place to which what is gone, or was changed, has moved", () => {
    expect(find(one, `// one\n${TEXT.replace(method("clearAll"), "")}`)).toMatchObject({ content: "gone" });
    const changed = TEXT.slice(0, at) + TEXT.slice(at).replace("clear()", "clear(all)");
    expect(find(one, changed)).toMatchObject({ content: "edited", range: { start: { line: 5 } } });
  });

  const line = "this.entries.clear();";
  const rows = (count: number): string => `${line}\n`.repeat(count);
  /** One of several equal rows. */
  const rowAt = (text: string, at: number): PieceToLocate => {
    const made = piece(text, line);
    const start = { line: at, character: 0 };
    const there = { ...made, start, end: { line: at, character: line.length } };
    return { ...there, ...among(text, at, at, made.linesBeforeSalt) };
  };

  it("stand at their place where many lines before tell them apart, as long as all of them are there", () => {
    const wanted = rowAt(rows(40), 30);
    expect(wanted).toMatchObject({ copies: 40, before: { lines: 31 } });
    expect(find(wanted, rows(40))).toMatchObject({ content: "verbatim", range: { start: { line: 30 } } });
    expect(find(wanted, rows(39))).toMatchObject({ content: "ambiguous", range: null });
  });

  it("are not known where nothing tells them apart, or so many were there that not all were counted", () => {
    const among = rowAt(rows(300), 290);
    expect(among).toMatchObject({ copies: 64, before: null });
    expect(find(among, rows(300))).toMatchObject({ content: "ambiguous", range: null });
    expect(rowAt(rows(2000), 1)).toMatchObject({ copies: 64, before: null });
  });

  it("are known among more than are counted by what stands before them", () => {
    const text = Array.from({ length: 100 }, (_, at) => `method${at}() {\n${line}\n}\n`).join("");
    const wanted = rowAt(text, 1);
    expect(wanted).toMatchObject({ copies: 64, before: { lines: 1 } });
    expect(find(wanted, text)).toMatchObject({ content: "verbatim" });
    expect(find(wanted, text.slice(text.indexOf("method1()")))).toMatchObject({ content: "ambiguous" });
  });

  it("are counted where they overlap, and where many lines hold their text within", () => {
    const text = (filling: string): string => `begin();\n${line}\n${filling}end();\n${line}\n`;
    expect(rowAt(text(`if (ready) ${line}\n`.repeat(100)), 1)).toMatchObject({ copies: 2 });
    const twice = "next = next.next; next = next.next;";
    const among = amongCopies(new LineIndex(`begin();\n${twice}\nnext = next.next;\n${twice}\n`), 1, 1);
    expect(among).toEqual({ copies: 2, before: { wanted: 1, lines: ["begin();"] } });
  });

  it("are counted in a long line that holds them often, in time linear in it", () => {
    const long = "a".repeat(400_000);
    const began = process.cpuUsage();
    expect(amongCopies(new LineIndex(`${long}\n${long.slice(0, 400)}\n`), 1, 1)).toMatchObject({ copies: 1 });
    // Far more than that takes on any machine, and far less than to look back through the line for each.
    expect(process.cpuUsage(began).user).toBeLessThan(10_000_000);
  });

  it("are told apart by nothing where a text may not be looked at any more", () => {
    const text = `same(line);\n${line}\n${"\n".repeat(100)}same(line);\n${"\n".repeat(100)}${line}\n`;
    expect(amongCopies(new LineIndex(text), 1, 1)).toMatchObject({ copies: 2, before: { wanted: 2 } });
    expect(amongCopies(new LineIndex(text, 50), 1, 1)).toEqual({ copies: 2, before: null });
  });

  it("are known by it also where they are laid out anew, however short they are", () => {
    const text = "a = 1\ngo(1);\n";
    const short = piece(text, "go(1);");
    expect(find(short, "a = 1\ngo( 1 );\n", true)).toMatchObject({ content: "reformatted" });
    const other = "b = 12\ngo( 1 );\n";
    expect(find(short, `${other}a = 1\nx = 2\ngo(1);\n`, true).content).not.toBe("reformatted");
  });

  it("are told apart where they moved, also without the prompt", () => {
    const moved = TEXT.replace(method("clear"), `  size = 0;\n  count = 0;\n${method("clear")}`);
    expect(find(one, moved)).toMatchObject({ content: "moved", range: { start: { line: 7 } } });
    // Once the line before it was changed, too, nobody can tell.
    expect(find(one, moved.replace("clearAll()", "clearEverything()"))).toMatchObject({
      content: "ambiguous",
    });
  });
});

describe("lines that a formatter broke or joined", () => {
  const long = '  const total = compute(first, second, { third: "three" });\n';
  const broken = "  const total = compute(\n    first,\n    second,\n    { third: 'three' },\n  );\n";
  const before = `import a from "a";\nfunction f() {\n${long}}\n`;
  const after = `import a from "a";\nfunction f() {\n${broken}}\n`;
  const whole = { start: { line: 2, character: 2 }, end: { line: 6, character: 4 } };

  it("are edited, and not gone, at their place and where they were moved to", () => {
    const one = piece(before, long.trim());
    expect(find(one, after)).toEqual({ content: "edited", range: whole, kept: 0, total: 1 });
    expect(find(piece(after, broken.trim()), before)).toMatchObject({ content: "edited", kept: 0, total: 5 });
    expect(find(one, `// one\n// two\n// three\n${after}`)).toMatchObject({
      content: "edited",
      range: { start: { line: 5, character: 2 } },
    });
    // Where two stand that could be it, nothing is guessed.
    expect(find(one, `// one\n// two\n// three\n${after}${after}`)).toMatchObject({ content: "gone" });
    expect(find(one, `${after}${after}`)).toMatchObject({ content: "edited", range: whole });
  });

  it("are not what holds their text inside of other lines, or some of it", () => {
    const one = piece(before, long.trim());
    for (const today of [
      before.replace("  const total", "  // const total").replace("third", "fourth"),
      after.replace("second", "second, extra"),
      after.replace("first", "other"),
    ]) {
      const { content, range } = find(one, `// one\n// two\n// three\n${today}`);
      expect([content, range?.start.line === range?.end.line]).not.toEqual(["edited", false]);
    }
  });

  it("never become more than edited, whatever layout is added or taken away", () => {
    const layout = fc.constantFrom(" ", "\n", "\t", ",", ";", "(", ")");
    fc.assert(
      fc.property(fc.array(layout, { minLength: 1, maxLength: 4 }), fc.nat(long.length), (added, at) => {
        const today = before.replace(long, long.slice(0, at) + added.join("") + long.slice(at));
        fc.pre(!today.includes(`\n${long}`));
        expect(find(piece(before, long.trim()), today).content).toBe("edited");
      }),
    );
  });
});
