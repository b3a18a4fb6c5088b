import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TextEdit } from "../../../server/src/lsp/documents/textEdits";
import { addedBy, insertionOf, isOneStep } from "../../../server/src/lsp/suggestions/insertion";
import { nextLine, nextWord } from "../../support/acceptedSteps";

/** A document with the suggestion's beginning at `|`, and one edit of it. */
function edited(marked: string, ...edits: readonly TextEdit[]) {
  const before = marked.indexOf("|");
  let text = marked.replace("|", "");
  let now = before;
  for (const { start, end, text: added } of edits) {
    text = text.slice(0, start) + added + text.slice(end);
    now += end <= before && start < before ? added.length - (end - start) : 0;
  }
  return { begins: { before, now }, edits, text };
}

const insertion = (displayed: string, { begins, edits, text }: ReturnType<typeof edited>) =>
  insertionOf(displayed, begins, addedBy(edits), text);
const insert = (start: number, text: string): TextEdit => ({ start, end: start, text });

describe("insertionOf", () => {
  it("tells how much of a suggestion an edit put there", () => {
    expect(insertion("foo(bar)", edited("x = |;", insert(4, "foo")))).toEqual({
      from: 0,
      to: 3,
      places: [{ start: 4, end: 7 }],
    });
    expect(insertion("foo(bar)", edited("x = |foo;", insert(7, "(")))).toMatchObject({ from: 3, to: 4 });
  });

  it("understands an edit that replaces the beginning with the whole", () => {
    const whole = edited("x = |foo;", { start: 4, end: 7, text: "foo(bar)" });
    expect(insertion("foo(bar)", whole)).toEqual({ from: 3, to: 8, places: [{ start: 4, end: 12 }] });
    const lastLine = edited("x = |a\nb;", { start: 6, end: 7, text: "b\nc" });
    expect(insertion("a\nb\nc", lastLine)).toEqual({ from: 3, to: 5, places: [{ start: 4, end: 9 }] });
  });

  it("is nothing where the text is another's, elsewhere, or gone", () => {
    expect(insertion("foo", edited("x = |;", insert(4, "fob")))).toBeNull();
    expect(insertion("foo", edited("x = |;", insert(5, "foo")))).toBeNull();
    expect(insertion("foo", edited("x = |;", insert(2, "foo")))).toBeNull();
    expect(insertion("foo", edited("x = |foo;", { start: 5, end: 7, text: "" }))).toBeNull();
    expect(insertion("foo", edited("x = |;", insert(4, "foo()")))).toBeNull();
    expect(insertion("foo", edited("x = |;"))).toBeNull();
  });

  it("finds each cursor's place, the suggestion's own first, whatever else the edit did", () => {
    const several = edited(
      "a\nb\nx = |;\nc",
      insert(10, "foo"),
      insert(8, "foo"),
      insert(3, "foo"),
      insert(1, "foo"),
    );
    expect(several.text).toBe("afoo\nbfoo\nx = foo;\nfooc");
    expect(insertion("foo(bar)", several)?.places).toEqual([
      { start: 14, end: 17 },
      { start: 1, end: 4 },
      { start: 6, end: 9 },
      { start: 19, end: 22 },
    ]);
    expect(
      insertion("foo(bar)", edited("a\nx = |;", insert(6, "foo"), insert(1, "bar")))?.places,
    ).toHaveLength(1);
  });

  it("counts another cursor's place only where the whole beginning stands", () => {
    // Both have `fo` already, and the third has not.
    const edits = [insert(12, "o("), insert(9, "o("), insert(6, "o(")];
    const typed = edited("x = |fo\nfo\nb", ...edits);
    expect(typed.text).toBe("x = foo(\nfoo(\nbo(");
    expect(insertion("foo(bar)", typed)).toEqual({
      from: 2,
      to: 4,
      places: [
        { start: 4, end: 8 },
        { start: 9, end: 13 },
      ],
    });
  });

  it("takes no time that grows faster than the number of edits", () => {
    const edits = Array.from({ length: 50_000 }, (_, index) => insert(50_000 - index, "ab"));
    const many = { begins: { before: 25_000, now: 75_000 - 2 }, edits, text: "" };
    expect(insertion("abc", many)).toBeNull();
  });

  it("reads the edits in the order in which an editor sends them, and no other", () => {
    const ascending = addedBy([insert(1, "foo"), insert(9, "foo")]);
    expect(insertionOf("foo", { before: 6, now: 9 }, ascending, "afoo\nx = foo;")).toBeNull();
  });
});

describe("isOneStep", () => {
  it("accepts whatever a word or a line of the editor is, in any language", () => {
    const language = fc.constantFrom(/[\w-]+/, /"[^"]*"/, /\S+/, /[^\s(]+/, /[:@]?[A-Za-z][^\s(.]*/);
    const text = fc.string({ minLength: 1, unit: fc.constantFrom(...'ab1 \t\n"(.-{é') });
    fc.assert(
      fc.property(text, fc.option(language, { nil: undefined }), (ghost, word) => {
        const step = nextWord(ghost, word);
        expect(isOneStep(step, ghost.slice(step.length))).toBe(true);
        const line = nextLine(ghost);
        expect(isOneStep(line, ghost.slice(line.length)) || !ghost.includes("\n")).toBe(true);
      }),
    );
  });

  it("accepts no beginning of a word, as somebody who types leaves it", () => {
    expect(isOneStep("r", "eturn")).toBe(false);
    expect(isOneStep("(re", "turn")).toBe(false);
    expect(isOneStep("return", " x")).toBe(true);
    expect(isOneStep("(", "x")).toBe(true);
  });

  it("accepts nothing of several words or lines", () => {
    for (const added of ["foo bar", " foo", "foo\n  bar", "foo;\nbar;\n"]) {
      expect(isOneStep(added, ""), added).toBe(false);
    }
  });
});
