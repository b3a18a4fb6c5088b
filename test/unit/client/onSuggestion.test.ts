import { describe, expect, it } from "vitest";
import { isOnSuggestion } from "../../../client/src/editor/onSuggestion";
import type { ShownVerdict } from "../../../server/src/protocol/messages";

function verdict(startLine: number, endLine: number, endCharacter: number): ShownVerdict {
  const range = {
    start: { line: startLine, character: 4 },
    end: { line: endLine, character: endCharacter },
  };
  return {
    id: "s",
    range,
    summary: "verified",
    remarks: [],
    keptLines: null,
    note: null,
    device: null,
    since: null,
  };
}

describe("isOnSuggestion", () => {
  it("is every line that the suggestion reaches, and no other", () => {
    const verdicts = [verdict(2, 4, 3), verdict(8, 9, 0)];
    expect([0, 1, 2, 3, 4, 5, 7, 8, 9].filter((line) => isOnSuggestion(verdicts, line))).toEqual([
      2, 3, 4, 8,
    ]);
  });

  it("is nowhere without suggestions", () => {
    expect(isOnSuggestion([], 0)).toBe(false);
  });
});
