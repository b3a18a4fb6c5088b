import { describe, expect, it } from "vitest";
import { badgeText, isShown, showsWords } from "../../../client/src/editor/badgeText";
import { type LineBadge, lineBadgesOf, neighbour } from "../../../client/src/editor/lineBadges";
import type { ShownVerdict } from "../../../server/src/protocol/messages";
import { SUMMARIES, type Summary } from "../../../server/src/protocol/verdictWords";

function shown(
  startLine: number,
  endLine: number,
  summary: Summary = "verified",
  more: Partial<ShownVerdict> = {},
): ShownVerdict {
  const range = { start: { line: startLine, character: 2 }, end: { line: endLine, character: 5 } };
  return {
    id: `${startLine}-${endLine}`,
    range,
    summary,
    remarks: [],
    keptLines: null,
    note: null,
    device: null,
    since: null,
    ...more,
  };
}

const blocks = (verdicts: readonly ShownVerdict[]) => lineBadgesOf(verdicts, () => 40);

describe("lineBadgesOf", () => {
  it("joins suggestions on the same or adjacent lines with one summary", () => {
    expect(blocks([shown(4, 6), shown(7, 7), shown(7, 9)])).toEqual([
      { summary: "verified", remarks: [], keptLines: null, note: null, startLine: 4, endLine: 9, count: 3 },
    ]);
  });

  it("keeps apart what differs in summary, remarks or note, and what a line lies between", () => {
    const found = blocks([
      shown(1, 1),
      shown(2, 2, "pending"),
      shown(3, 3, "pending", { note: "journal only" }),
      shown(4, 4, "verified", { remarks: ["part"] }),
      shown(6, 6, "verified", { remarks: ["part"] }),
    ]);
    expect(found.map(({ startLine, count }) => [startLine, count])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [6, 1],
    ]);
  });

  it("gives a line one badge with the worst word on it", () => {
    const part = { remarks: ["part"] as const };
    expect(
      blocks([shown(3, 3, "verified", part), shown(3, 3, "pending", { id: "b", ...part })]),
    ).toMatchObject([{ summary: "pending", startLine: 3, count: 1 }]);
    expect(blocks([shown(1, 5, "verified", part), shown(3, 3, "failed")])).toMatchObject([
      { summary: "verified", startLine: 1, endLine: 2 },
      { summary: "failed", startLine: 3, endLine: 3 },
      { summary: "verified", startLine: 4, endLine: 5 },
    ]);
  });

  it("says of a line that a verified suggestion took over whole what that is, and of the others that they were edited", () => {
    const keptLines = { kept: 2, total: 3 };
    expect(blocks([shown(1, 3, "edited", { keptLines }), shown(2, 2)])).toMatchObject([
      { summary: "edited", startLine: 1, endLine: 1, keptLines },
      { summary: "verified", startLine: 2, endLine: 2 },
      { summary: "edited", startLine: 3, endLine: 3, keptLines },
    ]);
    expect(
      blocks([shown(1, 3, "edited", { keptLines }), shown(2, 2, "verified", { remarks: ["part"] })]),
    ).toMatchObject([{ summary: "edited", startLine: 1, endLine: 3 }]);
  });

  it("orders what arrives unordered, and lets a range that ends at a line's start not reach it", () => {
    const ends = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } };
    expect(blocks([shown(5, 5), { ...shown(0, 0), range: ends }])).toMatchObject([
      { startLine: 0, endLine: 2 },
      { startLine: 5, endLine: 5 },
    ]);
  });
});

describe("lineBadgesOf, where a suggestion begins with a line break", () => {
  it("begins on the line that holds its first text", () => {
    expect(lineBadgesOf([shown(4, 6)], () => 2)).toMatchObject([{ startLine: 5, endLine: 6 }]);
    expect(lineBadgesOf([shown(4, 4)], () => 2)).toMatchObject([{ startLine: 4, endLine: 4 }]);
  });
});

describe("neighbour", () => {
  const found = blocks([shown(2, 3), shown(6, 6, "pending"), shown(9, 9)]);

  it.each([
    ["next", 0, 2],
    ["next", 2, 6],
    ["next", 9, 2],
    ["previous", 9, 6],
    ["previous", 3, 9],
    ["previous", 0, 9],
  ] as const)("goes to the %s block from line %i", (direction, line, expected) => {
    expect(neighbour(found, line, direction)?.startLine).toBe(expected);
  });

  it("finds nothing where nothing is", () => {
    expect(neighbour([], 0, "next")).toBeUndefined();
  });
});

describe("badgeText", () => {
  const text = (more: Partial<Parameters<typeof badgeText>[0]>) =>
    badgeText({
      summary: "verified",
      remarks: [],
      keptLines: null,
      note: null,
      startLine: 0,
      endLine: 0,
      count: 1,
      ...more,
    }).replaceAll("\u00a0", " ");

  it("says the summary, how much of it, the count, the remarks and the note", () => {
    expect(text({})).toBe("verified");
    expect(text({ count: 3, remarks: ["part"] })).toBe("verified ×3 · part");
    expect(text({ summary: "edited", keptLines: { kept: 2, total: 3 } })).toBe("edited · 2 of 3 lines kept");
    expect(text({ summary: "pending", note: "journal only: not in a folder" })).toBe(
      "pending · journal only: not in a folder",
    );
  });

  it("holds no space that an editor would collapse", () => {
    const [block] = blocks([shown(0, 0, "pending", { note: "journal only" })]);
    expect(block === undefined ? " " : badgeText(block)).not.toContain(" ");
  });
});

describe("which badges show what", () => {
  const badge = (more: Partial<LineBadge> = {}): LineBadge => ({
    summary: "verified",
    remarks: [],
    keptLines: null,
    note: null,
    startLine: 4,
    endLine: 6,
    count: 1,
    ...more,
  });

  it("shows in short the icon of what is verified, whole or as a part, and the words at the cursor", () => {
    expect(showsWords(badge(), "compact", 9, false)).toBe(false);
    expect(showsWords(badge({ remarks: ["part"] }), "compact", null, false)).toBe(false);
    expect(showsWords(badge(), "compact", 6, false)).toBe(true);
    expect(showsWords(badge(), "full", null, false)).toBe(true);
  });

  it.each(SUMMARIES.filter((summary) => summary !== "verified"))("always shows the word %s", (summary) => {
    expect(showsWords(badge({ summary }), "compact", null, true)).toBe(true);
    expect(isShown(badge({ summary }), "attention")).toBe(true);
  });

  it("never leaves out what a verified line's icon does not say", () => {
    for (const remark of ["reformatted", "copied", "one operator"] as const) {
      expect(showsWords(badge({ remarks: [remark] }), "compact", null, true)).toBe(true);
    }
    expect(showsWords(badge({ note: "why" }), "compact", null, true)).toBe(true);
  });

  it("says once that nothing but the chain is missing", () => {
    const one = badge({ summary: "unknown", remarks: ["replayed here"] });
    expect(showsWords(one, "compact", null, false)).toBe(true);
    expect(showsWords(one, "compact", null, true)).toBe(false);
  });

  it("hides what is verified, or everything, where a person wants that", () => {
    expect(isShown(badge(), "compact")).toBe(true);
    expect(isShown(badge(), "attention")).toBe(false);
    expect(isShown(badge({ summary: "failed" }), "off")).toBe(false);
  });
});
