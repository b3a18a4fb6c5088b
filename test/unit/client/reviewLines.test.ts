import { expect, it } from "vitest";
import { reviewLinesOf } from "../../../client/src/editor/reviewLines";
import type { ShownVerdict } from "../../../server/src/protocol/messages";
import type { Summary } from "../../../server/src/protocol/verdictWords";

function shown(
  startLine: number,
  endLine: number,
  summary: Summary = "verified",
  more: Partial<ShownVerdict> = {},
): ShownVerdict {
  return {
    id: `${startLine}-${endLine}`,
    range: { start: { line: startLine, character: 2 }, end: { line: endLine, character: 5 } },
    summary,
    remarks: [],
    keptLines: null,
    note: null,
    device: "this computer",
    since: "2026-03-01 09:30:05 UTC",
    ...more,
  };
}

const lines = (...verdicts: readonly ShownVerdict[]) => reviewLinesOf(verdicts, () => 40);

it("says of one suggestion its verdict, whose, and since when", () => {
  expect(lines(shown(3, 4, "verified", { remarks: ["part"] }))).toEqual([
    {
      line: 3,
      title: "verified · part · accepted on this computer · onchain since 2026-03-01 09:30:05 UTC",
      id: "3-4",
    },
  ]);
});

it("stands once above adjacent lines, counts what they came to, and leads to the worst", () => {
  const later = "2026-04-01 00:00:00 UTC";
  const found = lines(
    shown(9, 9),
    shown(5, 5, "edited", { device: "0x123456…abcd", since: later }),
    shown(4, 4),
    shown(6, 6),
  );
  expect(found.map(({ line, title, id }) => [line, title, id])).toEqual([
    [4, `1 edited, 2 verified · accepted on 2 devices · onchain since ${later}`, "5-5"],
    [9, "verified · accepted on this computer · onchain since 2026-03-01 09:30:05 UTC", "9-9"],
  ]);
});

it("names no device of what is not believed, and no time where some of it is not onchain", () => {
  expect(lines(shown(1, 1, "failed", { device: null, since: null }))[0]?.title).toBe("failed");
  expect(lines(shown(1, 1), shown(2, 2, "pending", { since: null }))[0]?.title).toBe(
    "1 pending, 1 verified · accepted on this computer",
  );
});
