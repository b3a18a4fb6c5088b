import { describe, expect, it } from "vitest";
import { auditRepository } from "../../../../server/src/policy/audit/auditRepository";
import { builtInAdmission } from "../../../../server/src/policy/decision";
import { countSummaries } from "../../../../server/src/policy/report";
import type { Verdict } from "../../../../server/src/policy/verdict";
import { verify } from "../../../../server/src/policy/verifyEvidence";
import { device, sealed } from "../../../support/sampleBatch";
import { accepted, parameters } from "../goodCase";

const SAVED = "const before = 1;\n\nexport const answer = compute(42);\nconst after = 2;\n";
const ONE = accepted("export const answer = compute(42);", { line: 2, character: 0 });

const [good] = verify(
  parameters(SAVED, [sealed([ONE], { texts: { "src/a.ts": SAVED } })], [ONE.id]),
).suggestions;

function verdict(changes: Partial<Verdict> = {}): Verdict {
  if (good === undefined) {
    throw new Error("there is no good case");
  }
  return { ...good, ...changes };
}

async function* textsOf(files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    yield { path, text };
  }
}

function audit(
  suggestions: readonly Verdict[],
  files: Readonly<Record<string, string>>,
  decide = builtInAdmission(),
) {
  return auditRepository({
    name: "sample",
    commit: null,
    paths: [],
    base: null,
    policy: null,
    notes: [],
    report: {
      ...{ summary: countSummaries(suggestions), suggestions },
      ...{ beside: [], gone: [], vanished: [], unattributed: [], files: [] },
    },
    decide,
    device,
    hold: null,
    texts: textsOf(files),
    uncounted: () => ({ unread: 0, isWhole: true }),
  });
}

describe("what an auditor is told of a repository", () => {
  it("is how many visible lines have evidence, of how many, by verdict, model, device and month", async () => {
    const told = await audit([verdict()], { "src/a.ts": SAVED, "README.md": "one\n\n   \ntwo\n" });
    expect(told.lines).toEqual({ files: 2, total: 5, withEvidence: 1, unread: 0, isWhole: true });
    const one = { suggestions: 1, lines: 1 };
    expect(told.byVerdict).toEqual([{ summary: "verified", ...one }]);
    expect(told.byModel).toMatchObject([{ model: { name: "sample-model" }, kind: "replayable", ...one }]);
    expect(told.byDevice).toEqual([{ device, isOwnDevice: true, ...one }]);
    expect(told.byMonth).toEqual([{ month: "2027-01", ...one }]);
    expect(told.limits[0]).toBe(
      "4 lines have no evidence. That does not make them human: nobody can tell who or what wrote them.",
    );
    expect(told.limits).toContain("Not checked of 1 suggestion: the environment.");
  });

  it("counts a line once, for the worst word on it", async () => {
    const told = await audit([verdict(), verdict({ key: "two", summary: "failed" })], { "src/a.ts": SAVED });
    expect(told.lines.withEvidence).toBe(1);
    expect(told.byVerdict).toEqual([
      { summary: "verified", suggestions: 1, lines: 0 },
      { summary: "failed", suggestions: 1, lines: 1 },
    ]);
    expect(told.byModel).toMatchObject([{ suggestions: 2, lines: 1 }]);
  });

  it("believes nothing of evidence that cannot be believed, and no time that no chain tells", async () => {
    const broken = verdict({ summary: "failed", checks: { ...verdict().checks, evidence: "tampered" } });
    const unreachable = verdict({ key: "two", checks: { ...verdict().checks, anchor: "unreachable" } });
    const [first, second] = (await audit([broken, unreachable], {})).suggestions;
    expect(first).toMatchObject({ kind: null, model: null, device: null, isOwnDevice: false, anchor: null });
    expect(second).toMatchObject({ kind: "replayable", anchor: null });
  });

  it("says what was not judged", async () => {
    const told = await auditRepositoryWithoutJudge();
    expect(told.suggestions[0]?.decision).toBe("notJudged");
    expect(told.limits.join(" ")).toContain("1 suggestion was not judged by the rules");
  });
});

function auditRepositoryWithoutJudge() {
  return auditRepository({
    name: "sample",
    commit: null,
    paths: [],
    base: "main",
    policy: null,
    notes: [],
    report: {
      ...{ summary: countSummaries([]), suggestions: [verdict()] },
      ...{ beside: [], gone: [], vanished: [], unattributed: [], files: [] },
    },
    decide: () => null,
    device,
    hold: null,
    texts: textsOf({}),
    uncounted: () => ({ unread: 0, isWhole: true }),
  });
}
