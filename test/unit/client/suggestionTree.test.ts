import { describe, expect, it } from "vitest";
import { countsOf, type Grouping, groupsOf } from "../../../client/src/editor/suggestionTree";
import type { ListedRepository, ListedSuggestion } from "../../../server/src/protocol/messages";
import { SUMMARIES, type Summary } from "../../../server/src/protocol/verdictWords";

function one(
  path: string,
  line: number,
  summary: Summary,
  more: Partial<ListedSuggestion> = {},
): ListedSuggestion {
  const place = { line, character: 0 };
  return {
    id: `${path}:${line}`,
    uri: `file:///p/${path}`,
    path,
    range: { start: place, end: place },
    summary,
    remarks: [],
    model: "small",
    device: "0x1",
    isOwnDevice: true,
    text: "return 1;",
    ...more,
  };
}

const LIST: readonly ListedRepository[] = [
  {
    folder: "/p",
    suggestions: [
      one("b.ts", 7, "verified"),
      one("b.ts", 3, "verified", { model: "large" }),
      one("a.ts", 9, "edited", { isOwnDevice: false }),
      one("c.ts", 1, "failed"),
    ],
    more: 0,
    problems: [],
  },
];

function groups(grouping: Grouping, shown: readonly Summary[] = SUMMARIES): readonly string[] {
  return groupsOf(LIST, grouping, new Set(shown)).map(
    ({ label, summary, suggestions }) => `${label} ${summary}: ${suggestions.map(({ id }) => id).join(" ")}`,
  );
}

describe("the list of suggestions", () => {
  it("is grouped by verdict, the worst first, and ordered by place", () => {
    expect(groups("verdict")).toEqual([
      "failed failed: c.ts:1",
      "edited edited: a.ts:9",
      "verified verified: b.ts:3 b.ts:7",
    ]);
  });

  it("is grouped by file, model or device, each with its worst word", () => {
    expect(groups("file")).toEqual([
      "a.ts edited: a.ts:9",
      "b.ts verified: b.ts:3 b.ts:7",
      "c.ts failed: c.ts:1",
    ]);
    expect(groups("model")).toEqual(["large verified: b.ts:3", "small failed: a.ts:9 b.ts:7 c.ts:1"]);
    expect(groups("device")).toEqual(["0x1 edited: a.ts:9", "this computer failed: b.ts:3 b.ts:7 c.ts:1"]);
  });

  it("holds what is wanted, and counts everything", () => {
    expect(groups("verdict", ["edited"])).toEqual(["edited edited: a.ts:9"]);
    expect(countsOf(LIST)).toEqual([
      ["failed", 1],
      ["edited", 1],
      ["verified", 2],
    ]);
  });
});
