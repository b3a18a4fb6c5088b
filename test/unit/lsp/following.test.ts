import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Completion } from "../../../server/src/inference/engine/engine";
import type { ExecutionFacts } from "../../../server/src/inference/suggestion";
import { shift, type TextEdit, withLf } from "../../../server/src/lsp/documents/textEdits";
import { ActiveSuggestions } from "../../../server/src/lsp/suggestions/activeSuggestions";
import { visibleMarkdown } from "../../../server/src/protocol/visibleMarkdown";

const apply = (text: string, { start, end, text: inserted }: TextEdit): string =>
  text.slice(0, start) + inserted + text.slice(end);

describe("spans through edits", () => {
  const Case = fc
    .tuple(
      fc.string({ minLength: 1, maxLength: 30 }),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.string({ maxLength: 8 }),
    )
    .map(([text, a, b, c, d, inserted]) => {
      const ordered = (x: number, y: number) =>
        [x, y].map((n) => n % (text.length + 1)).sort((p, q) => p - q);
      const [spanStart = 0, spanEnd = 0] = ordered(a, b);
      const [start = 0, end = 0] = ordered(c, d);
      return { text, span: { start: spanStart, end: spanEnd }, edit: { start, end, text: inserted } };
    });

  test("a span stays within the text and never turns around", () => {
    fc.assert(
      fc.property(Case, ({ text, span, edit }) => {
        const { start, end } = shift(span, edit);
        return start >= 0 && start <= end && end <= apply(text, edit).length;
      }),
    );
  });

  test("an edit beside a span leaves exactly its text in it", () => {
    fc.assert(
      fc.property(Case, ({ text, span, edit }) => {
        fc.pre(span.start < span.end && (edit.end <= span.start || edit.start >= span.end));
        const shifted = shift(span, edit);
        return apply(text, edit).slice(shifted.start, shifted.end) === text.slice(span.start, span.end);
      }),
    );
  });

  test("an edit inside a span is in it, and taking it back restores the span", () => {
    fc.assert(
      fc.property(Case, ({ text, span, edit }) => {
        fc.pre(span.start < edit.start && edit.end < span.end);
        const shifted = shift(span, edit);
        const back = {
          start: edit.start,
          end: edit.start + edit.text.length,
          text: text.slice(edit.start, edit.end),
        };
        expect(shift(shifted, back)).toEqual(span);
      }),
    );
  });
});

describe("active suggestions", () => {
  const suggestion = (text: string, before = "a(", after = ")\n") => ({
    id: text,
    uri: "file:///a",
    before,
    after,
    text,
    offered: { kind: "replayable", facts: {} as ExecutionFacts, output: {} as Completion } as const,
  });

  test("a suggestion is found again for exactly the proper beginnings of its text", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (text, typed) => {
        const active = new ActiveSuggestions();
        active.add(suggestion(text));
        const found = active.match("file:///a", `a(${typed}`, ")\n");
        expect(found !== null).toBe(typed.length < text.length && text.startsWith(typed));
      }),
    );
    const active = new ActiveSuggestions();
    active.add(suggestion("x, y"));
    expect(active.match("file:///b", "a(", ")\n")).toBeNull();
    expect(active.match("file:///a", "b(", ")\n")).toBeNull();
    expect(active.match("file:///a", "a(", "))\n")).toBeNull();
  });

  test("their number is bounded, the newest and the used ones stay", () => {
    const active = new ActiveSuggestions();
    active.add(suggestion("first"));
    for (let index = 0; index < 200; index += 1) {
      active.add(suggestion(`other ${index}`, `other ${index}`));
      expect(active.match("file:///a", "a(", ")\n")?.suggestion.id).toBe("first");
    }
    expect(active.has("file:///a", "other 0")).toBe(false);
    expect(active.has("file:///a", "other 199")).toBe(true);
    active.dismiss("file:///a");
    expect(active.match("file:///a", "a(", ")\n")).toBeNull();
    expect(active.has("file:///a", "first")).toBe(true);
  });
});

test("texts with LF hold no other line end", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("\r\n", "\n", "\r", "a")), (parts) => {
      const text = withLf(parts.join(""));
      return !text.includes("\r") && withLf(text) === text;
    }),
  );
});

test("no text can link or format in a hover", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const escaped = visibleMarkdown(`[a](command:x) <b> \`c\` ${text}`);
      return !/(^|[^\\])(\\\\)*[[\]()<>`*_]/.test(escaped);
    }),
  );
});
