import { expect, it } from "vitest";
import { Blame, blame, blameRows } from "../../../server/src/policy/blame";
import { WITHOUT_KEY } from "../../../server/src/policy/policy";
import { placeOf } from "../../../server/src/policy/verdict";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { device, sealed } from "../../support/sampleBatch";
import { accepted, parameters } from "./goodCase";

const ANSWER = "return user.isAdmin;\n  return false;";
const TEXT = `function f(user) {\n  ${ANSWER} // Why\u202e.\n}\n`;

function blamed({ text = TEXT, own = WITHOUT_KEY } = {}) {
  const suggestion = accepted(ANSWER, { line: 1, character: 2 }, { before: "function f(user) {\n  " });
  const file = sealed([suggestion], { texts: { "src/a.ts": TEXT } });
  const { suggestions } = verify(parameters(text, [file], [suggestion.id]));
  const standing = suggestions.flatMap((verdict) => {
    const range = placeOf(verdict);
    return range === null ? [] : [{ verdict, range }];
  });
  return blame("src/a.ts", text, standing, own);
}

it("names for each line the verdict, whose model and device, since when, and the columns", () => {
  const { lines } = Blame.parse(blamed());
  expect(lines.map(({ line, text }) => [line, text])).toEqual(
    TEXT.slice(0, -1)
      .split("\n")
      .map((text, index) => [index + 1, text]),
  );
  expect(lines.map(({ suggestions }) => suggestions.length)).toEqual([0, 1, 1, 0]);
  expect(lines[1]?.suggestions[0]).toMatchObject({
    summary: "verified",
    remarks: ["part"],
    startColumn: 3,
    endColumn: 23,
    device,
    isOwnDevice: false,
    time: 1_800_000_000,
  });
  expect(lines[2]?.suggestions[0]).toMatchObject({ startColumn: 1, endColumn: 16 });
});

it("shows rows of one width, each line's text letter by letter, and this computer by its name", () => {
  const rows = blameRows(blamed({ own: device }), "whole");
  expect(new Set(rows.map(({ head }) => head.length)).size).toBe(1);
  expect(rows.map(({ summary }) => summary)).toEqual([null, "verified", "verified", null]);
  expect(rows[1]?.head).toMatch(/^verified · columns 3 to 22 {2}.*this computer {2}2027-01-15 08:00:00 UTC$/);
  expect(rows[2]?.text).toContain("\\u{202e}");
});

it("is shorter in the margin of an editor", () => {
  const rows = blameRows(blamed({ own: device }), "short");
  expect(rows[1]?.head).toMatch(/^verified · part {2}\S+ {2}this computer {2}2027-01-15$/);
  expect(rows[0]?.head).toMatch(/^ +$/);
});

it("believes neither model nor device of evidence that is not intact", () => {
  const suggestion = accepted(ANSWER, { line: 1, character: 2 });
  const file = sealed([suggestion], { texts: { "src/a.ts": TEXT } });
  const given = parameters(TEXT, [file], [suggestion.id]);
  const [verdict] = verify({ ...given, repositoryIds: [] }).suggestions;
  if (verdict === undefined) {
    throw new Error("there is no verdict");
  }
  const spoilt = { ...verdict, checks: { ...verdict.checks, evidence: "tampered" as const } };
  const range = placeOf(verdict) ?? { start: { line: 1, character: 0 }, end: { line: 1, character: 1 } };
  const [, second] = blame("src/a.ts", TEXT, [{ verdict: spoilt, range }], device).lines;
  expect(second?.suggestions[0]).toMatchObject({ model: null, device: null, isOwnDevice: false, time: null });
});

it("has as many rows as lines of an empty file: none", () => {
  expect(blame("src/a.ts", "", [], WITHOUT_KEY).lines).toEqual([]);
});
