import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LocateInput, locate } from "../../../server/src/evidence/locate/locate";
import type { Located } from "../../../server/src/evidence/locate/locatePiece";

const one = (
  text: string,
  accepted: string,
  line = 0,
  character = 0,
  hint?: LocateInput["position"],
): Located =>
  found(locate(text, [{ id: "a", position: { line, character }, accepted, ...(hint ? { hint } : {}) }]), "a");

describe("locate", () => {
  const body = "  const total = a + b;\n  return total * 2;\n}";
  const text = `function f(a, b) {\n${body}\n\nfunction g() {\n  return 1;\n}\n`;

  it("finds the text at its place", () => {
    expect(one(text, body, 1)).toEqual({
      content: "verbatim",
      range: { start: { line: 1, character: 0 }, end: { line: 3, character: 1 } },
      kept: 3,
      total: 3,
    });
  });

  it("finds it with other line ends", () => {
    expect(one(text.replaceAll("\n", "\r\n"), body, 1).content).toBe("verbatim");
  });

  it("finds the accepted parts of the first and last line at their columns", () => {
    const call = "const x = max(first(a),\n  second(b));";
    expect(one(call, "first(a),\n  second(b", 0, 14)).toMatchObject({
      content: "verbatim",
      range: { start: { line: 0, character: 14 }, end: { line: 1, character: 10 } },
    });
    expect(one(call, "first(a)", 0, 14).content).toBe("verbatim");
  });

  it("calls changed white space reformatted", () => {
    const tabs = text.replaceAll("  ", "\t").replace("a + b", "a+b").replace("total;", "total  ;");
    expect(one(tabs, body, 1)).toMatchObject({
      content: "reformatted",
      range: { start: { line: 1, character: 1 }, end: { line: 3, character: 1 } },
      kept: 3,
    });
    expect(one("x = f( a,b )\n", "a, b", 0, 6)).toMatchObject({ content: "reformatted" });
  });

  it("ignores blank lines that a formatter added or removed", () => {
    expect(one(text.replace("b;\n", "b;\n\n"), body, 1)).toMatchObject({ content: "reformatted", kept: 3 });
    expect(one(text, body.replace("b;\n", "b;\n\n"), 1)).toMatchObject({ content: "reformatted", kept: 3 });
  });

  it("does not take one line's start for another's in a line that repeats it", () => {
    expect(one("f(aa+1, aa + 1)", "aa + 1", 0, 9).content).toBe("gone");
  });

  it("finds it at the one other place where it stands", () => {
    expect(one(`import x;\n\n${text}`, body, 1)).toMatchObject({
      content: "moved",
      range: { start: { line: 3 }, end: { line: 5 } },
    });
  });

  it("prefers the place that an editor followed it to", () => {
    const twice = `${body}\n${body}\n`;
    expect(one(twice, body, 0, 0, { line: 3, character: 0 }).range?.start.line).toBe(3);
    expect(one(twice, body, 0, 0, { line: 40, character: 0 }).range?.start.line).toBe(0);
    expect(one(twice, body, 1, 0, { line: 3, character: 0 }).content).toBe("verbatim");
  });

  it("decides nothing where it stands several times, none of them its place", () => {
    expect(one(`\n${body}\n${body}\n`, body, 0)).toEqual({
      content: "ambiguous",
      range: null,
      kept: 0,
      total: 3,
    });
  });

  it("tells how many lines are left where it was edited", () => {
    const edited = text.replace("a + b", "a - b");
    expect(one(edited, body, 1)).toMatchObject({
      content: "edited",
      kept: 2,
      total: 3,
      range: { start: { line: 2, character: 2 }, end: { line: 3, character: 1 } },
    });
    const inserted = text.replace("b;\n", "b;\n  log(total);\n");
    expect(one(inserted, body, 1)).toMatchObject({ content: "edited", kept: 3, total: 3 });
  });

  it("finds an edited one at another place by lines that occur once there", () => {
    const edited = `import x;\n${text.replace("}\n\n", "};\n\n")}`;
    expect(one(edited, body.replace(/\}$/, "}\n// the end of the whole function"), 1)).toMatchObject({
      content: "edited",
      range: { start: { line: 2 } },
    });
  });

  it("calls it gone when no telling line is left", () => {
    expect(one("if (x) {\n}\n", "if (y) {\n}\n").content).toBe("gone");
    expect(one("", body).content).toBe("gone");
    expect(one(text.replace("total * 2", "0").replace("a + b", "1"), body, 1).content).toBe("gone");
  });

  it("never matches a lone brace, but a bracket in a line with words", () => {
    expect(one("if (x) {\n}\n", "}", 1).content).toBe("gone");
    expect(one("if (x) {\n}\n", "\n}", 0, 8).content).toBe("verbatim");
    expect(one("  f(x)\n", ")", 0, 5).content).toBe("verbatim");
    expect(one("  \n", "  ", 0, 0).content).toBe("gone");
  });

  it("does not look elsewhere for next to nothing", () => {
    expect(one("\n  i += 1\n", "i += 1", 0, 2).content).toBe("gone");
    expect(one("\n  counter += step\n", "counter += step", 0, 2).content).toBe("moved");
  });

  it("finds a short one by the lines that stood before it", () => {
    const before = "// header\nlet i = 0;\nwhile (next()) {\n  ";
    const shifted = (text: string, accepted: string) =>
      found(locate(text, [{ id: "a", position: { line: 3, character: 2 }, accepted, before }]), "a");
    const text = "import y;\n// header\nlet i = 0;\nwhile (next()) {\n\ti += 1;\n}\ni += 1;\n";
    expect(shifted(text, "i += 1;")).toEqual({
      content: "moved",
      range: { start: { line: 4, character: 1 }, end: { line: 4, character: 8 } },
      kept: 1,
      total: 1,
    });
    expect(shifted(text.replace("next()", "other()"), "i += 1;").content).toBe("gone");
    expect(shifted(`${text}${text}`, "i += 1;").content).toBe("gone");
    expect(shifted("import y;\n// header\nlet i = 0;\nwhile (next()) {\n  }\n", "}").content).toBe("gone");
  });

  it("tells repeated text apart by the lines that stood before it", () => {
    const before = "// header\nfunction one() {\n";
    const text = `import y;\n// header\nfunction one() {\n${body}\nfunction two() {\n${body}\n`;
    const places = locate(text, [{ id: "a", position: { line: 2, character: 0 }, accepted: body, before }]);
    expect(found(places, "a")).toMatchObject({ content: "moved", range: { start: { line: 3 } } });
  });

  it("gives one place to one suggestion, the one with more text", () => {
    const places = locate(text, [
      { id: "short", position: { line: 1, character: 0 }, accepted: "  const total" },
      { id: "long", position: { line: 1, character: 0 }, accepted: body },
    ]);
    expect(found(places, "long").content).toBe("verbatim");
    expect(found(places, "short").content).toBe("gone");
  });

  it("decides nothing where two suggestions want one other place", () => {
    const shifted = `\n\n${text}`;
    const places = locate(shifted, [
      { id: "a", position: { line: 30, character: 0 }, accepted: body },
      { id: "b", position: { line: 40, character: 0 }, accepted: body },
    ]);
    expect(found(places, "a").content).toBe("ambiguous");
    expect(found(places, "b").content).toBe("ambiguous");
  });

  it("keeps neighbours apart", () => {
    const places = locate("const sum = alpha + beta;\n", [
      { id: "a", position: { line: 0, character: 12 }, accepted: "alpha" },
      { id: "b", position: { line: 0, character: 17 }, accepted: " + beta;" },
    ]);
    expect([found(places, "a").content, found(places, "b").content]).toEqual(["verbatim", "verbatim"]);
  });
});

describe("locate, whatever the text", () => {
  const word = fc.constantFrom("alpha", "beta", "return", "x = 1", "}", "{", "", "  ", "call(argument)", "α");
  const line = fc.tuple(fc.constantFrom("", "  ", "\t"), word, word).map((parts) => parts.join(""));
  const lines = fc.array(line, { minLength: 1, maxLength: 30 });

  it("finds a suggestion where it was inserted, and still after lines were inserted above", () => {
    const accepted = fc
      .array(fc.tuple(fc.nat(), word), { minLength: 2, maxLength: 5 })
      .map((parts) => parts.map(([number, text]) => `  unique${number}(${text});`).join("\n"));
    fc.assert(
      fc.property(lines, accepted, fc.nat(), lines, (around, text, place, above) => {
        const at = place % (around.length + 1);
        const today = [...around.slice(0, at), text, ...around.slice(at)].join("\n");
        expect(one(today, text, at)).toMatchObject({ content: "verbatim", range: { start: { line: at } } });
        const shifted = one(`${above.join("\n")}\n${today}`, text, at);
        expect(["moved", "verbatim"]).toContain(shifted.content);
        expect(shifted.range?.start.line).toBe(at + above.length);
      }),
    );
  });

  it("gives no two suggestions one place, and only places that hold what it says", () => {
    const input = fc
      .tuple(fc.nat(30), fc.nat(4), fc.array(line, { minLength: 1, maxLength: 4 }))
      .map(([start, character, accepted]) => ({ line: start, character, accepted: accepted.join("\n") }))
      .filter(({ accepted }) => accepted !== "");
    fc.assert(
      fc.property(lines, fc.array(input, { maxLength: 8 }), (textLines, inputs) => {
        const text = textLines.join("\n");
        const places = locate(
          text,
          inputs.map(({ line: at, character, accepted }, index) => ({
            id: `${index}`,
            position: { line: at, character },
            accepted,
          })),
        );
        const taken: [number, number][] = [];
        for (const [index, { accepted }] of inputs.entries()) {
          const { content, range, kept, total } = found(places, `${index}`);
          expect(kept).toBeLessThanOrEqual(total);
          if (range === null) {
            expect(["ambiguous", "gone"]).toContain(content);
            continue;
          }
          const span: [number, number] = [offset(text, range.start), offset(text, range.end)];
          expect(span[0]).toBeLessThan(span[1]);
          const squash = (part: string): string => part.replace(/\s+/g, "");
          const standing = text.slice(...span);
          if (content === "verbatim") {
            expect(standing).toBe(accepted);
          } else if (content !== "edited") {
            expect(squash(standing)).toBe(squash(accepted));
          }
          for (const other of taken) {
            expect(span[1] <= other[0] || other[1] <= span[0]).toBe(true);
          }
          taken.push(span);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("the same text several times", () => {
  const method = (name: string): string => `  ${name}(): void {\n    this.entries.clear();\n  }\n`;
  const HEAD = "export class Registry {\n  size = 0;\n";

  it("is told apart by the line before each, wherever all were recorded", () => {
    // Each was accepted on the fourth line, and then another method was put above.
    const names = ["one", "two", "three"];
    const suggestions = names.map((name) => ({
      id: name,
      position: { line: 3, character: 4 },
      accepted: "this.entries.clear();",
      before: `${HEAD}  ${name}(): void {\n    `,
    }));
    const text = `${HEAD}${[...names].reverse().map(method).join("")}}\n`;
    const places = locate(text, suggestions);
    expect(names.map((name) => places.get(name)?.range?.start.line)).toEqual([9, 6, 3]);
    expect(names.map((name) => places.get(name)?.content)).toEqual(["moved", "moved", "verbatim"]);
  });

  it("is found with the blanks that it begins and ends with", () => {
    // As it is offered to somebody who has typed `return` so far.
    const text = "  push(item) {\n    this.items.push(item);\n  }\n\n  pop() {\n    return this.items\n  }\n";
    const before = text.slice(0, text.indexOf(" this.items\n"));
    const input = { id: "a", position: { line: 5, character: 10 }, accepted: " this.items", before };
    expect(found(locate(text, [input]), "a")).toMatchObject({
      content: "verbatim",
      range: { start: { line: 5, character: 10 }, end: { line: 5, character: 21 } },
    });
    expect(found(locate(`// new\n${text}`, [input]), "a")).toMatchObject({
      content: "moved",
      range: { start: { line: 6, character: 10 }, end: { line: 6, character: 21 } },
    });
  });

  it("is not taken from where an editor followed it to", () => {
    const text = `${HEAD}${method("other")}${method("own")}}\n`;
    const hint = { line: 3, character: 4 };
    const input = { id: "a", position: { line: 9, character: 4 }, accepted: "this.entries.clear();", hint };
    const before = `${HEAD}  own(): void {\n    `;
    expect(found(locate(text, [{ ...input, before }]), "a").range?.start.line).toBe(3);
  });
});

describe("what a formatter broke into lines, or joined, before it was sealed", () => {
  const accepted = "const total = compute(first, second, third);";
  const broken = "const total = compute(\n    first,\n    second,\n    third,\n  );";
  const inFile = (text: string, above = "") => `${above}function f() {\n  ${text}\n}\n`;

  it("is edited where all of it stands in order, and not gone", () => {
    expect(one(inFile(broken), accepted, 1, 2)).toEqual({
      content: "edited",
      range: { start: { line: 1, character: 2 }, end: { line: 4, character: 9 } },
      kept: 0,
      total: 1,
    });
    expect(one(inFile(accepted), broken, 1, 2)).toMatchObject({ content: "edited", total: 5 });
    expect(one(inFile(broken, "// one\n"), accepted, 1, 2)).toMatchObject({ content: "edited" });
    // An editor, or its old place, tells which of two is meant; nothing else does.
    const twice = inFile(broken) + inFile(broken);
    expect(one(twice, accepted, 1, 2)).toMatchObject({ range: { start: { line: 1 } } });
    expect(one(twice, accepted, 90, 2, { line: 8, character: 2 })).toMatchObject({
      range: { start: { line: 8 } },
    });
    expect(one(twice, accepted, 90, 2)).toMatchObject({ content: "gone" });
  });

  it("is gone where a word of it changed", () => {
    expect(one(inFile(broken.replace("second", "2")), accepted, 1, 2).content).toBe("gone");
  });
});

describe("locate, however much there is", () => {
  it("is not held up by a suggestion of a hundred thousand lines", () => {
    const accepted = Array.from({ length: 100_000 }, (_, index) => `line number ${index}`).join("\n");
    expect(one(accepted.replace("number 5\n", "number five\n"), accepted).content).toBe("gone");
    expect(one(accepted, accepted).content).toBe("verbatim");
  });

  it.each([1, 2, 3])(
    "places 200 suggestions of %i lines in 10,000 lines, also where all have moved",
    (size) => {
      const lines = Array.from(
        { length: 10_000 },
        (_, index) => `  const value${index} = compute(${index}, other);`,
      );
      const inputs = Array.from({ length: 200 }, (_, index) => ({
        id: `${index}`,
        position: { line: index * 50, character: 0 },
        accepted: lines.slice(index * 50, index * 50 + size).join("\n"),
      }));
      const unplaced = (text: string): number =>
        [...locate(text, inputs).values()].filter(({ range }) => range === null).length;
      expect(unplaced(lines.join("\n"))).toBe(0);
      expect(unplaced(["// one more line", ...lines].join("\n"))).toBe(0);
      const edited = lines.map((line, index) => (index % 50 === 0 ? `// ${line}` : line));
      expect(unplaced(edited.join("\n"))).toBe(size === 1 ? 200 : 0);
    },
  );
});

function found(places: ReadonlyMap<string, Located>, id: string): Located {
  const located = places.get(id);
  if (located === undefined) {
    throw new Error(`no result for ${id}`);
  }
  return located;
}

function offset(text: string, { line, character }: { line: number; character: number }): number {
  const lines = text.split("\n").slice(0, line);
  return lines.reduce((sum, one) => sum + one.length + 1, 0) + character;
}
