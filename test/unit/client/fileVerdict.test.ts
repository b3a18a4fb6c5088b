import { expect, it } from "vitest";
import { countsAmong, FILE_LETTERS, fileVerdict } from "../../../client/src/editor/fileVerdict";
import { SUMMARIES, type Summary } from "../../../server/src/protocol/verdictWords";

const of = (...summaries: readonly Summary[]) =>
  fileVerdict(countsAmong(summaries.map((summary) => ({ summary }))));

it("marks a file by its worst word, whatever their order, and counts all in the tooltip", () => {
  expect(of("verified", "failed", "verified")).toEqual({
    summary: "failed",
    letter: "F!",
    tooltip: "Proofline: 1 failed, 2 verified",
  });
  expect(of("verified")?.tooltip).toBe("Proofline: 1 suggestion, verified");
  expect(of()).toBeNull();
});

it("has a letter of its own for each word, in the two signs that an editor draws, and no bad one looks like a good one", () => {
  const letters = SUMMARIES.map((summary) => FILE_LETTERS[summary]);
  expect(new Set(letters.map(([first]) => first)).size).toBe(SUMMARIES.length);
  expect(letters.every(({ length }) => length === 1 || length === 2)).toBe(true);
  for (const summary of ["failed", "unknown", "pending", "unverified"] as const) {
    expect(FILE_LETTERS[summary]).toHaveLength(2);
  }
});

it("says what the setting says", async () => {
  const { default: texts } = await import("../../../package.nls.json");
  for (const [summary, letter] of Object.entries(FILE_LETTERS)) {
    expect(texts["setting.fileDecorations"]).toContain(`\`${letter}\` ${summary}`);
  }
});
