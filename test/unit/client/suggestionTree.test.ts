import { describe, expect, it } from "vitest";
import {
  countsOf,
  facetKey,
  facetsOf,
  type Grouping,
  groupsOf,
  iconFor,
} from "../../../client/src/editor/suggestionTree";
import type { ListedRepository, ListedSuggestion } from "../../../server/src/protocol/messages";
import type { Summary } from "../../../server/src/protocol/verdictWords";

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

function groups(grouping: Grouping, hidden: readonly string[] = []): readonly string[] {
  return groupsOf(LIST, grouping, new Set(hidden)).map(
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
    const others = facetsOf(LIST)
      .filter(({ grouping, label }) => grouping === "verdict" && label !== "edited")
      .map(facetKey);
    expect(groups("verdict", others)).toEqual(["edited edited: a.ts:9"]);
    expect(countsOf(LIST)).toEqual([
      ["failed", 1],
      ["edited", 1],
      ["verified", 2],
    ]);
  });

  it("can leave out verdicts, models and devices where there are several, each with its count", () => {
    expect(facetsOf(LIST).map(({ grouping, label, count }) => [grouping, label, count])).toEqual([
      ["verdict", "failed", 1],
      ["verdict", "edited", 1],
      ["verdict", "verified", 2],
      ["model", "large", 1],
      ["model", "small", 3],
      ["device", "0x1", 1],
      ["device", "this computer", 3],
    ]);
    expect(groups("file", ["model small", "verdict failed"])).toEqual(["b.ts verified: b.ts:3"]);
    expect(groups("file", ["device this computer"])).toEqual(["a.ts edited: a.ts:9"]);
    const alike = [{ folder: "/p", suggestions: [one("a.ts", 1, "verified")], more: 0, problems: [] }];
    expect(facetsOf(alike)).toEqual([]);
  });
});

describe("iconFor", () => {
  it("is the full one only where every line is the model's whole, as among the badges", () => {
    const part = one("a.ts", 1, "verified", { remarks: ["part", "copied"] });
    const whole = one("a.ts", 2, "verified", { remarks: ["copied"] });
    expect(iconFor("verified", [whole])).toBe("verified-filled");
    expect(iconFor("verified", [part])).toBe("verified");
    expect(iconFor("verified", [whole, part])).toBe("verified");
    expect(iconFor("anchored", [part])).toBe("link");
  });
});
