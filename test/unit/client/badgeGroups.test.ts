import { describe, expect, it } from "vitest";
import { badgeGroupsOf, neighbour } from "../../../client/src/editor/badgeGroups";
import { badgeText } from "../../../client/src/editor/badgeText";
import type { ShownVerdict } from "../../../server/src/protocol/messages";
import type { Summary } from "../../../server/src/protocol/verdictWords";

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
    localChain: false,
    note: null,
    ...more,
  };
}

const blocks = (verdicts: readonly ShownVerdict[]) => badgeGroupsOf(verdicts, () => 40);

describe("badgeGroupsOf", () => {
  it("joins suggestions on the same or adjacent lines with one summary", () => {
    expect(blocks([shown(4, 6), shown(7, 7), shown(7, 9)])).toEqual([
      { summary: "verified", remarks: [], localChain: false, note: null, startLine: 4, endLine: 9, count: 3 },
    ]);
  });

  it("keeps apart what differs in summary, chain or note, and what a line lies between", () => {
    const found = blocks([
      shown(1, 1),
      shown(2, 2, "pending"),
      shown(3, 3, "pending", { note: "journal only" }),
      shown(4, 4, "verified", { localChain: true }),
      shown(6, 6, "verified", { localChain: true }),
    ]);
    expect(found.map(({ startLine, count }) => [startLine, count])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [6, 1],
    ]);
  });

  it("orders what arrives unordered, and lets a range that ends at a line's start not reach it", () => {
    const ends = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } };
    expect(blocks([shown(5, 5), { ...shown(0, 0), range: ends }])).toMatchObject([
      { startLine: 0, endLine: 2 },
      { startLine: 5, endLine: 5 },
    ]);
  });
});

describe("badgeGroupsOf, where a suggestion begins with a line break", () => {
  it("begins on the line that holds its first text", () => {
    expect(badgeGroupsOf([shown(4, 6)], () => 2)).toMatchObject([{ startLine: 5, endLine: 6 }]);
    expect(badgeGroupsOf([shown(4, 4)], () => 2)).toMatchObject([{ startLine: 4, endLine: 4 }]);
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
      localChain: false,
      note: null,
      startLine: 0,
      endLine: 0,
      count: 1,
      ...more,
    }).replaceAll("\u00a0", " ");

  it("says the summary, the count, the local chain and the note", () => {
    expect(text({})).toBe("verified");
    expect(text({ count: 3, localChain: true })).toBe("verified ×3 · local chain");
    expect(text({ summary: "pending", note: "journal only: not in a folder" })).toBe(
      "pending · journal only: not in a folder",
    );
  });

  it("holds no space that an editor would collapse", () => {
    const [block] = blocks([shown(0, 0, "pending", { note: "journal only" })]);
    expect(block === undefined ? " " : badgeText(block)).not.toContain(" ");
  });
});
