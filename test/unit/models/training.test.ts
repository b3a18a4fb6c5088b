import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

/** The training code is a project of its own, beside the one of the tests: it is loaded by path. */
function load(module: string) {
  return import(pathToFileURL(join(import.meta.dirname, "../../../server/training", module)).href);
}

const { isPermissive, declaredLicence, namesRestrictiveLicence } = await load("corpus/licences.mjs");
const { cleanText, reasonToDrop } = await load("corpus/clean-text.mjs");
const { DuplicateFilter } = await load("corpus/duplicates.mjs");
const { chooseFiles } = await load("corpus/choose-files.mjs");
const { learnMerges } = await load("tokenizer/learn-tokenizer.mjs");
const { blockEnd, placeCursor } = await load("rows/cursors.mjs");
const { packRows } = await load("rows/pack-rows.mjs");
const { samplesOf, ANSWER } = await load("rows/samples.mjs");
const { BytePairs } = await load("tokenizer/byte-pairs.mjs");
const { seededRandom } = await load("random.mjs");
const { readOptions } = await load("options.mjs");
const { FiveGrams } = await load("evaluation/ngram.ts");
const { editDistance, score } = await load("evaluation/measures.ts");
const { drawCursors } = await load("evaluation/cursors.ts");
const { EMBEDDED_MODEL } = await import("../../support/models/modelFolder");

const tokenizer = new BytePairs(join(EMBEDDED_MODEL, "tokenizer.json"));
const scratch = mkdtempSync(join(tmpdir(), "proofline-training-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const SOURCE = `export function sum(values: number[]): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}

export class Stack<T> {
  private items: T[] = [];

  push(item: T): void {
    this.items.push(item);
  }
}
`;

describe("the command line", () => {
  it("knows which stages are wanted", () => {
    const { isWanted } = readOptions(["--budget", "cpu", "--until", "training"]);
    expect(["corpus", "training", "export"].map(isWanted)).toEqual([true, true, false]);
  });

  it.each([
    [["--budget", "tpu"], /Choose --budget/],
    [["--budget", "cpu", "--until", "lunch"], /--until is one of corpus/],
    [["--budget", "cpu", "--minutes", "soon"], /--minutes is a number/],
    [["--budget", "cpu", "--start", "/nowhere"], /no released model/],
    [["--bugdet", "cpu"], /Unknown option '--bugdet'[\s\S]*npm run train:model/],
  ])("says what is wrong with %j", (parameters, message) => {
    expect(() => readOptions(parameters)).toThrow(message);
  });

  it("gives help where it is asked for", () => expect(readOptions(["-h"])).toBeNull());
});

describe("the corpus", () => {
  it("takes permissive licences only, and reads every form of declaration", () => {
    for (const licence of ["MIT", "Apache-2.0", "(MIT OR GPL-3.0-only)", "MIT AND BSD-3-Clause"]) {
      expect(isPermissive(licence), licence).toBe(true);
    }
    for (const licence of [
      "",
      "GPL-3.0-only",
      "MIT AND GPL-3.0-only",
      "CC-BY-4.0",
      "MIT OR X AND Y",
      "SEE LICENSE IN X",
    ]) {
      expect(isPermissive(licence), licence).toBe(false);
    }
    expect(declaredLicence({ licenses: [{ type: "MIT" }] })).toBe("MIT");
    expect(declaredLicence({ license: { type: "ISC" } })).toBe("ISC");
    expect(namesRestrictiveLicence("GNU AFFERO GENERAL PUBLIC LICENSE")).toBe(true);
    expect(namesRestrictiveLicence("Permission is hereby granted, free of charge")).toBe(false);
  });

  it("drops what a program wrote", () => {
    const reasonFor = (raw: string) => reasonToDrop(raw, cleanText(raw), "javascript");
    expect(reasonFor(SOURCE)).toBeUndefined();
    expect(reasonFor(`// @generated\n${SOURCE}`)).toBe("generated");
    expect(reasonFor(`Object.defineProperty(exports, "__esModule", { value: true });\n${SOURCE}`)).toBe(
      "transpiled",
    );
    expect(reasonFor(`${SOURCE}//# sourceMappingURL=sum.js.map\n`)).toBe("transpiled");
    expect(reasonFor(SOURCE.replaceAll("\n", " ").repeat(3))).toBeDefined();
    expect(reasonFor("short")).toBe("size");
  });

  it("drops repeated files, and those that mostly repeat others", () => {
    const filter = new DuplicateFilter();
    expect(filter.check(SOURCE.repeat(1))).toBeUndefined();
    expect(filter.check(SOURCE.replaceAll("  ", "\t"))).toBe("duplicate");
    const lines = Array.from(
      { length: 12 },
      (_, index) => `const longEnoughToTell${index} = compute(${index});`,
    );
    expect(filter.check(lines.join("\n"))).toBeUndefined();
    expect(filter.check([...lines.slice(2), "another();"].join("\n"))).toBe("near-duplicate");
  });

  it("prefers sources to what was built from them", () => {
    for (const name of ["a.ts", "b.ts", "built.js"]) {
      writeFileSync(join(scratch, name), "x".repeat(20_000));
    }
    const chosen = chooseFiles({ name: "sample", directory: scratch });
    expect(chosen.map(({ relative }: { relative: string }) => relative)).toEqual(["a.ts", "b.ts"]);
  });
});

describe("the tokenizer", () => {
  it("merges the most frequent pair first", () => {
    const { merges } = learnMerges(
      new Map([
        ["abab", 5],
        ["abc", 3],
        ["bc", 2],
      ]),
      6 + 256 + 2,
    );
    expect(merges).toEqual([
      ["a", "b"],
      ["ab", "ab"],
    ]);
  });

  it("gives text back as it was", () => {
    for (const text of [SOURCE, "\tπ = 3.14159; // ünïcödé 🙂\r\n", ""]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });
});

describe("the rows", () => {
  it("end a block where its indentation ends, with the line that closes it", () => {
    const cursor = SOURCE.indexOf("for (");
    expect(SOURCE.slice(cursor, blockEnd(SOURCE, cursor))).toBe(
      "for (const value of values) {\n    total += value;\n  }",
    );
    const statement = SOURCE.indexOf("let total");
    expect(SOURCE.slice(statement, blockEnd(SOURCE, statement))).toBe("let total = 0;");
  });

  it("put a cursor behind the indentation", () => {
    for (let seed = 0; seed < 50; seed++) {
      const cursor = placeCursor(SOURCE, seed * 3, 0, seededRandom(seed));
      expect(SOURCE.slice(0, cursor)).not.toMatch(/\n$(?!$)/);
      expect(SOURCE.charAt(cursor - 1) === "\n" && SOURCE.charAt(cursor) === " ").toBe(false);
    }
  });

  it("hold prompts in the server's layout whose answer continues the text", () => {
    const document = { package: "sample", path: "src/sum.ts", language: "typescript", text: SOURCE };
    const { fim_prefix, fim_suffix, fim_middle, endoftext } = tokenizer.control;
    let answers = 0;
    for (let seed = 0; seed < 200; seed++) {
      const options = {
        document,
        neighbours: [],
        tokenizer,
        length: 1025,
        random: seededRandom(seed),
        middleShare: 1,
      };
      for (const sample of samplesOf(options) as number[][]) {
        const ids = sample.map((id) => id % ANSWER);
        if (ids[0] !== fim_prefix) {
          continue;
        }
        const middle = ids.indexOf(fim_middle);
        const answer = sample.findIndex((id) => id >= ANSWER);
        const suffix = tokenizer.decode(ids.slice(ids.indexOf(fim_suffix) + 1, middle));
        const written = tokenizer.decode(ids.slice(answer));
        expect(ids.at(-1)).toBe(endoftext);
        expect(written.trim()).not.toBe("");
        const whole = tokenizer.decode(ids.slice(middle + 1)) + suffix;
        const plain = whole.replace(/^[ \t]+/gm, "");
        expect(SOURCE.replace(/^[ \t]+/gm, "").includes(plain)).toBe(true);
        answers += 1;
      }
    }
    expect(answers).toBeGreaterThan(100);
  });

  it("are filled by short samples and never overfull", () => {
    const samples = Array.from({ length: 200 }, (_, index) =>
      new Array<number>(1 + ((index * 37) % 100)).fill(index),
    );
    const rows: number[][] = [...packRows(samples, 100)];
    expect(rows.flat()).toHaveLength(samples.flat().length);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(100);
    expect(rows.length).toBeLessThan(150);
  });
});

describe("the evaluation", () => {
  it("counts n-grams", () => {
    const model = new FiveGrams(Uint16Array.from([1, 2, 3, 1, 2, 3, 1, 2, 4, 1, 2, 3]), 8);
    expect(model.best([1, 2])).toBe(3);
    expect(model.probability([1, 2], 3)).toBeGreaterThan(model.probability([1, 2], 4));
    const total = Array.from({ length: 8 }, (_, id) => model.probability([3, 1, 2], id)).reduce(
      (a, b) => a + b,
    );
    expect(total).toBeCloseTo(1, 9);
  });

  it("measures edit distance and what is right", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    const document = { package: "sample", path: "sum.ts", language: "typescript", text: SOURCE };
    const at = SOURCE.indexOf("total += value;");
    const cursor = {
      document,
      kind: "line",
      form: "middle",
      prefix: SOURCE.slice(0, at),
      suffix: SOURCE.slice(at + "total += value;".length),
      expected: "total += value;",
      alternative: null,
    };
    expect(score("total += value;", cursor)).toEqual({
      exact: true,
      right: true,
      firstWord: true,
      similarity: 1,
      parses: true,
    });
    expect(score("total +=", cursor)).toMatchObject({ exact: false, right: true, parses: false });
    expect(score("total += val", cursor)).toMatchObject({ right: false, parses: true });
    expect(score("", cursor)).toMatchObject({ exact: false, right: false, similarity: 0, parses: true });
  });

  it("draws each place in both forms, and what is expected stands there", () => {
    const documents = [{ package: "sample", path: "sum.ts", language: "typescript", text: SOURCE.repeat(4) }];
    const cursors: {
      document: { text: string };
      form: string;
      prefix: string;
      suffix: string;
      expected: string;
    }[] = drawCursors(documents, 2, 1);
    expect(cursors.length).toBeGreaterThanOrEqual(8);
    for (const { document, form, prefix, suffix, expected } of cursors) {
      expect(document.text.startsWith(prefix + expected)).toBe(true);
      expect(suffix).toBe(form === "end" ? "" : document.text.slice(prefix.length + expected.length));
    }
  });
});
