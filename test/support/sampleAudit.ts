/** Reports for auditors, made up for tests. */
import type {
  AuditedRepository,
  AuditedSuggestion,
  AuditReport,
} from "../../server/src/policy/audit/auditReport";
import { SUMMARIES } from "../../server/src/protocol/verdictWords";
import { digestOf } from "./digests";

/** A suggestion that is as good as can be. */
export function auditedSample(changes: Partial<AuditedSuggestion> = {}): AuditedSuggestion {
  return {
    id: "0123456789abcdef0123456789abcdef",
    claim: digestOf("aa"),
    path: "src/inventory.ts",
    startLine: 19,
    endLine: 19,
    startColumn: 5,
    endColumn: 31,
    isPart: false,
    summary: "verified",
    remarks: [],
    reasons: [],
    decision: "good",
    why: null,
    kind: "replayable",
    model: { name: "proofline-code", manifestDigest: digestOf("a1"), told: "proofline-code" },
    device: `0x${"65".repeat(20)}`,
    isOwnDevice: true,
    anchor: {
      since: 1_780_000_000,
      chainId: 8453,
      chainName: "Base",
      blockNumber: 46_250_001,
      transaction: `0x${"99".repeat(32)}`,
      trust: "quorum",
    },
    evidenceFile: `.proofline/evidence/${digestOf("b2")}.json`,
    ...changes,
  };
}

/** A report on one repository, whose totals are those of its suggestions taken as one line each. */
export function sampleAudit(
  suggestions: readonly AuditedSuggestion[],
  changes: Partial<AuditedRepository> = {},
): AuditReport {
  const one = (count: number) => ({ lines: count, suggestions: count });
  const repository: AuditedRepository = {
    name: "inventory",
    commit: "04c665297bcbb038a5c144d31039d6ed6badb84d",
    paths: [],
    base: null,
    policy: null,
    lines: {
      files: 12,
      unread: 1,
      total: 20_000,
      withEvidence: suggestions.length,
      isWhole: true,
    },
    byVerdict: [...SUMMARIES].reverse().flatMap((summary) => {
      const count = suggestions.filter((suggestion) => suggestion.summary === summary).length;
      return count === 0 ? [] : [{ summary, ...one(count) }];
    }),
    byModel: suggestions.slice(0, 1).map(({ model, kind }) => ({ model, kind, ...one(suggestions.length) })),
    byDevice: suggestions
      .slice(0, 1)
      .map(({ device, isOwnDevice }) => ({ device, isOwnDevice, ...one(suggestions.length) })),
    byMonth: suggestions.slice(0, 1).map(() => ({ month: "2026-05", ...one(suggestions.length) })),
    suggestions,
    vanished: [],
    unattributed: [],
    files: [],
    beside: [],
    gone: [],
    notes: [],
    limits: ["12 lines have no evidence. That does not make them human."],
    ...changes,
  };
  return {
    format: "proofline/audit-report/v1",
    version: "0.1.0",
    made: 1_790_000_000,
    repositories: [repository],
  };
}
