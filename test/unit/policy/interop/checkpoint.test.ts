import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Checkpoint, checkpointsOf } from "../../../../server/src/policy/interop/checkpoint";
import { standingSuggestions } from "../../../../server/src/policy/interop/standingSuggestion";
import type { Verdict } from "../../../../server/src/policy/verdict";
import { digestOf } from "../../../support/digests";
import { GitAiInput } from "../../../support/gitAiInput";
import { sampleVerdict } from "../../../support/sampleVerdict";

const FILE = "/work/src/a.ts";

function told(saved: string, verdicts: readonly Verdict[]): readonly Checkpoint[] {
  const text = saved.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const suggestions = standingSuggestions(verdicts, new Map([["src/a.ts", text]]));
  return checkpointsOf({
    folder: "/work",
    head: "a".repeat(40),
    files: [{ path: FILE, saved, suggestions }],
  });
}

function place(startLine: number, startColumn: number, endLine: number, endColumn: number, model = "a1") {
  const { findings } = sampleVerdict();
  return sampleVerdict(
    { startLine, startColumn, endLine, endColumn },
    { model: { ...findings.model, manifestDigest: digestOf(model) } },
  );
}

function textsOf(checkpoints: readonly Checkpoint[]): readonly (string | undefined)[] {
  return checkpoints.map(({ dirty_files: texts }) => texts[FILE]);
}

describe("what git-ai is told", () => {
  it("is a file without what models wrote, and then what each of them wrote", () => {
    const checkpoints = told("one\nreturn this.x;\ntwo\nthree;\n", [
      place(2, 8, 2, 15),
      place(4, 1, 5, 1, "b1"),
    ]);
    expect(textsOf(checkpoints)).toEqual([
      "one\nreturn \ntwo\n",
      "one\nreturn this.x;\ntwo\n",
      "one\nreturn this.x;\ntwo\nthree;\n",
    ]);
    expect(checkpoints.map((one) => (one.type === "ai_agent" ? one.model : null))).toEqual([
      null,
      `proofline/proofline-code@sha256:${digestOf("a1")}`,
      `proofline/proofline-code@sha256:${digestOf("b1")}`,
    ]);
  });

  it("is what git-ai's program takes", () => {
    for (const checkpoint of told("one\ntwo\n", [place(2, 1, 2, 4)])) {
      expect(GitAiInput.parse(JSON.parse(JSON.stringify(checkpoint)))).toMatchObject({
        repo_working_dir: "/work",
      });
      expect(Checkpoint.safeParse(checkpoint).success).toBe(true);
    }
  });

  it("has a file's own line ends and byte order mark", () => {
    expect(textsOf(told("\uFEFFone\r\ntwo\r\nthree\r\n", [place(1, 2, 2, 3)]))).toEqual([
      "\uFEFFoo\r\nthree\r\n",
      "\uFEFFone\r\ntwo\r\nthree\r\n",
    ]);
  });

  it("is nothing where nothing was accepted", () => {
    expect(told("one\n", [])).toEqual([]);
    expect(told("one\n", [sampleVerdict({ startLine: null })])).toEqual([]);
  });

  it("names one conversation for a model and a commit", () => {
    const [, first] = told("one\ntwo\n", [place(1, 1, 1, 4)]);
    const [, again] = told("one\nother\n", [place(2, 1, 2, 4)]);
    const [, other] = told("one\ntwo\n", [place(1, 1, 1, 4, "b1")]);
    const ids = [first, again, other].map((one) => (one?.type === "ai_agent" ? one.conversation_id : ""));
    expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([true, false]);
  });

  it("leads from text without any suggestion to the file as it is, each step by one model's characters alone", () => {
    const line = fc.string({ unit: fc.constantFrom("a", "b", " ", "é", "😀"), maxLength: 6 });
    const file = fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 8 }),
      end: fc.constantFrom("\n", "\r\n"),
      mark: fc.constantFrom("", "\uFEFF"),
      places: fc.array(
        fc.record({
          ...{ from: fc.nat(), size: fc.nat(12), column: fc.nat() },
          model: fc.constantFrom("a1", "b1", "c1"),
        }),
        { maxLength: 6 },
      ),
    });
    fc.assert(
      fc.property(file, ({ lines, end, mark, places }) => {
        const text = lines.join("\n");
        const offsetOf = (at: number) => {
          const before = text.slice(0, at).split("\n");
          return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
        };
        const verdicts = places.map(({ from, size, model }) => {
          const at = from % (text.length + 1);
          const start = offsetOf(at);
          const stop = offsetOf(Math.min(text.length, at + size));
          return place(start.line, start.column, stop.line, stop.column, model);
        });
        const saved = `${mark}${lines.join(end)}`;
        const texts = textsOf(told(saved, verdicts));
        if (texts.length > 0) {
          expect(texts.at(-1)).toBe(saved);
        }
        for (const [index, here] of texts.entries()) {
          expect(isWithout(here ?? "", texts[index + 1] ?? saved)).toBe(true);
        }
      }),
    );
  });
});

/** Whether one text is another with some of its code units taken out. */
function isWithout(short: string, long: string): boolean {
  let at = 0;
  for (const unit of long.split("")) {
    at += short[at] === unit ? 1 : 0;
  }
  return at === short.length;
}
