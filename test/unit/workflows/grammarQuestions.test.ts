import { describe, expect, it } from "vitest";
import { ALL_CODE } from "../../../server/src/evidence/locate/textParts";
import { GrammarQuestions, MAX_ROUNDS } from "../../../server/src/workflows/grammarQuestions";
import { digestOf } from "../../support/digests";

const SPANS = [{ first: 1, last: 1 }];
const READINGS = [{ digest: digestOf("aa"), isSure: true }];
const thread = { sameTokens: async () => true, linesOf: async () => READINGS };

describe("questions to grammars", () => {
  it("forget nothing that a verification asked, however much it asks", async () => {
    const questions = new GrammarQuestions(thread);
    const ask = (): number =>
      Array.from({ length: 10_000 }, (_, index) =>
        questions.sameTokens("a.js", `f( ${index})`, `f(${index})`),
      ).filter((same) => same).length;
    const known: number[] = [ask()];
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      expect(await questions.answer()).toBe(true);
      known.push(ask());
    }
    expect(known).toEqual([0, 2048, 4096]);
  });

  it("are answered once for a text, and not asked where no line can begin inside of anything", async () => {
    let asked = 0;
    const questions = new GrammarQuestions({
      ...thread,
      linesOf: async () => {
        asked += 1;
        return READINGS;
      },
    });
    const text = "/*\na\n*/";
    const seen = await questions.settled(() => questions.linesOf("a.js", text, SPANS));
    expect(seen).toEqual(READINGS);
    expect(questions.linesOf("a.js", text, SPANS)).toEqual(seen);
    expect(asked).toBe(1);
    for (const [path, other] of [
      ["a.ts", "f(1);\n// g(2);\n"],
      ["a.txt", text],
    ] as const) {
      expect(questions.linesOf(path, other, SPANS)).toEqual([{ digest: ALL_CODE, isSure: true }]);
    }
    expect(await questions.answer()).toBe(false);
  });

  it("count as *no*, and as never answered, where the grammar fails", async () => {
    const fail = () => Promise.reject(new Error("out of memory"));
    const questions = new GrammarQuestions({ sameTokens: fail, linesOf: fail });
    expect(await questions.settled(() => questions.sameTokens("a.js", "f( 1)", "f(1)"))).toBe(false);
    expect(await questions.settled(() => questions.linesOf("a.js", "/*\n*/", SPANS))).toBeNull();
  });

  it("are settled for each of two verifications at once, whoever asked first", async () => {
    const waiting: (() => void)[] = [];
    const questions = new GrammarQuestions({
      ...thread,
      sameTokens: () => new Promise((resolve) => waiting.push(() => resolve(true))),
    });
    const ask = (): boolean => questions.sameTokens("a.js", "f( 1)", "f(1)");
    const both = [questions.settled(ask), questions.settled(ask)];
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    for (const release of waiting) {
      release();
    }
    expect(await Promise.all(both)).toEqual([true, true]);
  });

  it("are kept apart, whatever their texts hold", async () => {
    const questions = new GrammarQuestions({ ...thread, sameTokens: async (_, before) => before === "a\0b" });
    const [one, other] = [
      ["a\0b", "c"],
      ["a", "b\0c"],
    ] as const;
    const ask = (): readonly boolean[] => [
      questions.sameTokens("a.js", ...one),
      questions.sameTokens("a.js", ...other),
    ];
    expect(await questions.settled(ask)).toEqual([true, false]);
  });
});
