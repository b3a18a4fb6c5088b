import { describe, expect, it } from "vitest";
import { StreamedText } from "../../../../server/src/providers/opengradient/streamedText";

const event = (content: unknown): string =>
  `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

/** The text after all parts of a body, cut after so many characters each. */
function shown(body: string, size: number): string {
  const streamed = new StreamedText();
  let text = "";
  for (let at = 0; at < body.length; at += size) {
    text = streamed.add(body.slice(at, at + size));
  }
  return text;
}

describe("the text of an answer that still comes", () => {
  it("is the same however its events are cut", () => {
    const body = `: ping\n\n${event("return ")}${event("gr\u00fc\u{1f600}\n")}${event(null)}${event("b;")}data: [DONE]\n\n`;
    for (let size = 1; size <= body.length; size += 1) {
      expect(shown(body, size)).toBe("return gr\u00fc\u{1f600}\nb;");
    }
  });

  it("passes over what it cannot read, and grows as its input and no further", () => {
    const hostile = [
      "data: {",
      "data: null",
      'data: {"choices":[]}',
      'data: {"choices":[{"delta":{"content":{"a":1}}}]}',
      `data: ${"[".repeat(50_000)}`,
      "x".repeat(200_000),
    ];
    expect(shown(`${hostile.join("\n")}\n${event("a")}`, 1_000)).toBe("a");
    expect(shown(event("ab").repeat(50_000), 4_096)).toHaveLength(4_096);
    expect(shown("data: ".repeat(200_000), 100)).toBe("");
  });
});
