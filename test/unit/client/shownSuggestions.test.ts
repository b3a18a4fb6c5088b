import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Following, ShownSuggestions } from "../../../client/src/editor/shownSuggestions";

const URI = "file:///a.ts";

/** A document, and the suggestion shown at `|` in it. */
class Editor {
  readonly shown = new ShownSuggestions();
  text: string;
  private readonly start: number;

  constructor(marked: string, displayed: string, replaced = 0, named = 0) {
    this.start = marked.indexOf("|");
    this.text = marked.replace("|", "");
    const start = this.start - replaced;
    this.shown.answer(URI, [{ id: "s", start, extent: replaced, text: displayed, named }]);
  }

  get end(): number {
    const [suggestion] = this.shown.of(URI);
    return suggestion === undefined ? this.start : suggestion.start + suggestion.extent;
  }

  /** Replaces text, as one edit with one change for each cursor. */
  edit(...changes: readonly [at: number, length: number, text: string][]): Following {
    const ordered = [...changes].sort((one, other) => other[0] - one[0]);
    for (const [at, length, text] of ordered) {
      this.text = this.text.slice(0, at) + text + this.text.slice(at + length);
    }
    return this.shown.edit(
      URI,
      ordered.map(([rangeOffset, rangeLength, text]) => ({ rangeOffset, rangeLength, text })),
      (from, to) => this.text.slice(from, to),
    );
  }
}

function lengthOf(following: Following): number | string {
  return following.kind === "held" ? following.part.length : following.kind;
}

describe("ShownSuggestions", () => {
  it("counts what was accepted word by word from the suggestion's beginning", () => {
    const editor = new Editor("x = |\n", "foo(bar)");
    expect(lengthOf(editor.edit([editor.end, 0, "foo"]))).toBe(3);
    expect(lengthOf(editor.edit([editor.end, 0, "("]))).toBe(4);
    // The provider is asked again and answers with the rest under the same id.
    editor.shown.answer(URI, [{ id: "s", start: editor.end, extent: 0, text: "bar)", named: 0 }]);
    expect(lengthOf(editor.edit([editor.end, 0, "bar"]))).toBe(7);
  });

  it("understands a change that replaces the beginning with the whole", () => {
    const editor = new Editor("pri|", "print(1)", 3);
    expect(lengthOf(editor.edit([0, 3, "print"]))).toBe(5);
  });

  it("tells what adds a part from what takes away, and from the last part", () => {
    const editor = new Editor("x = |;", "foo(bar)");
    const added = (following: Following) => following.kind === "held" && following.part.isAddedPart;
    expect(added(editor.edit([4, 0, "foo"]))).toBe(true);
    expect(added(editor.edit([6, 1, ""]))).toBe(false);
    expect(added(editor.edit([4, 2, "foo("]))).toBe(true);
    expect(added(editor.edit([4, 4, "foo(bar)"]))).toBe(false);
  });

  it("leaves a word that the editor's own completions name to them, though ghost text shows it", () => {
    const added = (following: Following) => following.kind === "held" && following.part.isAddedPart;
    // The suggestion is `(offset)`, after the word that the widget has selected.
    const editor = new Editor("x.readU|;", "readUint16(offset)", 5, 10);
    expect(added(editor.edit([7, 0, "int16"]))).toBe(false);
    expect(added(editor.edit([12, 0, "(offset"]))).toBe(true);
  });

  it("counts line ends as one, however the document spells them", () => {
    const editor = new Editor("a\r\n|\r\n", "one\ntwo\n");
    expect(lengthOf(editor.edit([3, 0, "one\r\ntwo"]))).toBe(7);
  });

  it("ends when the person types something else", () => {
    const editor = new Editor("x = |", "foo");
    expect(editor.edit([4, 0, "z"])).toEqual({ kind: "ended" });
    expect(editor.shown.of(URI)).toEqual([]);
  });

  it("ends when the text before it is replaced up to it and beyond", () => {
    const editor = new Editor("x = |y", "foo");
    expect(editor.edit([2, 3, "-"])).toEqual({ kind: "ended" });
  });

  it("claims only the cursor where it was displayed", () => {
    const editor = new Editor("a: \nb: |\nc: ", "foo");
    expect(lengthOf(editor.edit([3, 0, "foo"], [7, 0, "foo"], [11, 0, "foo"]))).toBe(3);
    const [suggestion] = editor.shown.of(URI);
    expect(editor.text.slice(0, suggestion?.start)).toBe("a: foo\nb: ");
  });

  it("moves with edits above it and ignores edits below it", () => {
    const editor = new Editor("top\nx = |\nbottom", "foo");
    expect(editor.edit([0, 0, "one\n"])).toEqual({ kind: "none" });
    expect(editor.edit([editor.text.length, 0, "!"])).toEqual({ kind: "none" });
    expect(lengthOf(editor.edit([editor.end, 0, "foo"]))).toBe(3);
  });

  it("grows and shrinks by exactly what the edits add and remove", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 12 }),
        fc.array(fc.nat({ max: 12 })),
        (displayed, lengths) => {
          fc.pre(!displayed.includes("\r"));
          const editor = new Editor("ab|", displayed);
          for (const length of lengths.map((wanted) => wanted % (displayed.length + 1))) {
            const [suggestion] = editor.shown.of(URI);
            const held = suggestion?.extent ?? 0;
            const following =
              length >= held
                ? editor.edit([2 + held, 0, displayed.slice(held, length)])
                : editor.edit([2 + length, held - length, ""]);
            expect(lengthOf(following)).toBe(length);
          }
        },
      ),
    );
  });
});
