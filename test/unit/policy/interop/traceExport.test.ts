import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type StandingSuggestion,
  standingSuggestions,
} from "../../../../server/src/policy/interop/standingSuggestion";
import { traceOf } from "../../../../server/src/policy/interop/traceExport";
import { TRACE_VENDOR, TraceRecord } from "../../../../server/src/policy/interop/traceRecord";
import type { Verdict } from "../../../../server/src/policy/verdict";
import { SUMMARIES } from "../../../../server/src/protocol/verdictWords";
import { digestOf } from "../../../support/digests";
import { traceComplaints } from "../../../support/publishedSchemas";
import { oneOfEach, sampleVerdict } from "../../../support/sampleVerdict";

const TEXT = Array.from({ length: 20 }, (_, index) => `const a${index} = 0;\n`).join("");
const MADE = { revision: "04c665297bcbb038a5c144d31039d6ed6badb84d", version: "0.1.0", made: 1_790_000_000 };

function standing(verdicts: readonly Verdict[]): readonly StandingSuggestion[] {
  return standingSuggestions(verdicts, new Map([["src/a.ts", TEXT]]));
}

function traced(verdicts: readonly Verdict[], changes: Partial<typeof MADE> = {}) {
  return traceOf({ ...MADE, ...changes, suggestions: standing(verdicts) });
}

function contributorsByLine(record: TraceRecord): ReadonlyMap<number, string> {
  return new Map(
    record.files.flatMap(({ conversations }) =>
      conversations.flatMap(({ contributor, ranges }) =>
        ranges.map(({ start_line }) => [start_line, contributor?.type ?? ""] as const),
      ),
    ),
  );
}

describe("a record of Agent Trace", () => {
  it("is as its specification has it, and as we read it ourselves", () => {
    const record = traced(oneOfEach());
    expect(traceComplaints(record)).toEqual([]);
    expect(TraceRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(record).toMatchObject({
      version: "0.1.0",
      timestamp: "2026-09-21T14:13:20Z",
      vcs: { type: "git", revision: MADE.revision },
      tool: { name: "proofline", version: "0.1.0" },
    });
  });

  it("calls lines a model's only where evidence says so that nothing contradicts, and nobody's lines human", () => {
    const record = traced(oneOfEach());
    const byLine = contributorsByLine(record);
    const bySummary = Object.fromEntries(SUMMARIES.map((summary, index) => [summary, byLine.get(index + 2)]));
    expect(bySummary).toEqual({
      ...{ verified: "ai", attested: "ai", anchored: "ai", stated: "ai", pending: "ai" },
      ...{ edited: "mixed", unverified: "unknown", unknown: "unknown", failed: "unknown" },
    });
    expect(JSON.stringify(record)).not.toContain('"human"');
    expect(byLine.size).toBe(SUMMARIES.length);
  });

  it("tells the verdict of each range, and of evidence that is not believed nothing else", () => {
    const vendor = JSON.parse(JSON.stringify(traced(oneOfEach()).metadata?.[TRACE_VENDOR]));
    expect(vendor.ranges.map(({ verdict }: { verdict: string }) => verdict)).toEqual([...SUMMARIES]);
    for (const range of vendor.ranges) {
      const isBelieved = range.verdict !== "failed" && range.verdict !== "unknown";
      expect(["model" in range, "onchain_since" in range]).toEqual([isBelieved, isBelieved]);
    }
    expect(vendor.ranges.at(-1)).toEqual({
      ...{ path: "src/a.ts", start_line: 10, end_line: 10, start_column: 1, end_column: 12 },
      verdict: "verified",
      suggestion: "0123456789abcdef0123456789abcdef",
      claim: digestOf("c8"),
      batch_root: digestOf("b2"),
      evidence_file: `.proofline/evidence/${digestOf("b2")}.json`,
      kind: "replayable",
      model: { name: "proofline-code", manifest_digest: digestOf("a1"), told: "proofline-code" },
      onchain_since: "2026-05-28T20:26:40Z",
      chain_id: 8453,
    });
    expect(vendor.meaning).toContain("does not make them human");
  });

  it("names a model by the digest of its pin, with its name only where that pin counts here", () => {
    const model = { ...sampleVerdict().findings.model, name: null, told: "somebody/else" };
    const [file] = traced([sampleVerdict(), sampleVerdict({ startLine: 3, endLine: 3 }, { model })]).files;
    expect(file?.conversations.map(({ contributor }) => contributor?.model_id)).toEqual([
      `proofline/proofline-code@sha256:${digestOf("a1")}`,
      `proofline/sha256:${digestOf("a1")}`,
    ]);
  });

  it("says of a part of a line that it is mixed, and where in the line it stands", () => {
    const content = { ...sampleVerdict().findings.content, part: true };
    const record = traced([sampleVerdict({ startColumn: 5 }, { content })]);
    expect(contributorsByLine(record).get(2)).toBe("mixed");
    expect(record.metadata?.[TRACE_VENDOR]).toMatchObject({ ranges: [{ start_column: 5, end_column: 12 }] });
  });

  it("counts the lines that a suggestion reaches, and no more", () => {
    const place = { startLine: 3, startColumn: 14, endLine: 5, endColumn: 1 };
    expect(standing([sampleVerdict(place)])).toMatchObject([{ startLine: 4, endLine: 4 }]);
    expect(standing([sampleVerdict({ ...place, startLine: null })])).toEqual([]);
    expect(standing([sampleVerdict({ path: "gone.ts" })])).toEqual([]);
  });

  it("has the same id for the same state, whenever it is made and in whatever order, and another for another", () => {
    const { id } = traced(oneOfEach());
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(traced([...oneOfEach()].reverse(), { made: 1 }).id).toBe(id);
    expect(traced(oneOfEach().slice(1)).id).not.toBe(id);
    expect(traced(oneOfEach(), { revision: "b".repeat(40) }).id).not.toBe(id);
  });

  it("names no commit where these lines stand in none", () => {
    const record = traceOf({ ...MADE, revision: null, suggestions: standing([sampleVerdict()]) });
    expect([record.vcs, traceComplaints(record)]).toEqual([undefined, []]);
  });

  it("cuts a long name between characters", () => {
    const model = { name: null, told: `a${"\u{1f600}".repeat(300)}`, manifestDigest: null, omsRoot: null };
    const record = traced([sampleVerdict({}, { model, execution: { ...EXECUTION, kind: "stated" } })]);
    const id = record.files[0]?.conversations[0]?.contributor?.model_id ?? "";
    expect([id.isWellFormed(), id.length <= 250, id.length > 200]).toEqual([true, true, true]);
  });

  it("is as the specification has it whatever a repository calls things", () => {
    const text = fc.string({ unit: "binary", maxLength: 400 });
    fc.assert(
      fc.property(text, text, fc.constantFrom(...SUMMARIES), (name, told, summary) => {
        const model = { ...sampleVerdict().findings.model, name, told };
        const record = traced([
          sampleVerdict({ summary }, { model }),
          sampleVerdict({ summary, id: told }, { model: { ...model, name: null, manifestDigest: null } }),
          sampleVerdict({ summary }, { model, execution: { ...EXECUTION, kind: "stated" } }),
        ]);
        expect(traceComplaints(JSON.parse(JSON.stringify(record)))).toEqual([]);
      }),
    );
  });
});

const EXECUTION = sampleVerdict().findings.execution;
