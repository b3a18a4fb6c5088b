/** Verdicts, made up for tests. */
import type { Findings, Verdict } from "../../server/src/policy/verdict";
import { SUMMARIES } from "../../server/src/protocol/verdictWords";
import { digestOf } from "./digests";

/** A verdict that is as good as can be, on all of line 2 of `src/a.ts`. */
export function sampleVerdict(changes: Partial<Verdict> = {}, findings: Partial<Findings> = {}): Verdict {
  const claim = changes.claim ?? digestOf("aa");
  return {
    key: `${claim}:0`,
    claim,
    id: "0123456789abcdef0123456789abcdef",
    path: "src/a.ts",
    startLine: 2,
    endLine: 2,
    startColumn: 1,
    endColumn: 12,
    summary: "verified",
    checks: {
      content: "verbatim",
      evidence: "intact",
      signature: "valid",
      anchor: "finalized",
      anchorTrust: "quorum",
      execution: "exact",
      model: "pinOnly",
      environment: "declaredUnknown",
      prompt: "bound",
      copied: "no",
    },
    reasons: [],
    findings: {
      content: {
        kept: 1,
        total: 1,
        surroundings: "same",
        part: false,
        share: 1,
        displayed: 11,
        accepted: 11,
      },
      model: {
        name: "proofline-code",
        told: "proofline-code",
        manifestDigest: digestOf("a1"),
        omsRoot: digestOf("a2"),
      },
      device: `0x${"65".repeat(20)}`,
      environment: null,
      prompt: { share: 0, copiedFrom: null, quotes: [], misfits: [] },
      execution: {
        kind: "replayable",
        tokens: 3,
        exact: 3,
        margin: 0,
        tolerance: { margin: 0, notFirst: 0 },
      },
      anchor: {
        batchRoot: digestOf("b2"),
        chainId: 8453,
        chainName: "Base",
        blockNumber: 46_250_001,
        time: 1_780_000_000,
      },
      ...findings,
    },
    evidenceFile: `.proofline/evidence/${digestOf("b2")}.json`,
    ...changes,
  };
}

/** One for each word, on a line of its own from line 2, each with a claim of its own. */
export function oneOfEach(): readonly Verdict[] {
  return SUMMARIES.map((summary, index) =>
    sampleVerdict({
      ...{ summary, startLine: index + 2, endLine: index + 2 },
      claim: digestOf(`c${index}`),
    }),
  );
}
