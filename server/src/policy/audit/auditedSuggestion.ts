import type { Decision } from "../decision";
import { remarksOn } from "../remarks";
import type { Verdict } from "../verdict";
import type { AuditedAnchor, AuditedSuggestion } from "./auditReport";

/**
 * What an auditor is told of one verdict. Of evidence that cannot be believed nothing is told but its verdict.
 *
 * @param decision `null` for what there is nothing to decide about
 * @param own the address of this computer's own device
 */
export function auditedSuggestion(
  verdict: Verdict,
  decision: Decision | null,
  own: string,
): AuditedSuggestion {
  const { id, claim, path, startLine, endLine, startColumn, endColumn, summary, reasons } = verdict;
  const { checks, findings, evidenceFile } = verdict;
  const isBelieved = checks.evidence === "intact";
  const remarks = remarksOn(verdict);
  const { name, manifestDigest, told } = findings.model;
  return {
    ...{ id, claim, path, startLine, endLine, startColumn, endColumn },
    isPart: remarks.includes("part"),
    ...{ summary, remarks, reasons },
    decision: decision?.kind ?? "notJudged",
    why: decision === null || decision.kind === "good" ? null : decision.why,
    kind: isBelieved ? findings.execution.kind : null,
    model: isBelieved ? { name, manifestDigest, told } : null,
    device: isBelieved ? findings.device : null,
    isOwnDevice: isBelieved && findings.device === own,
    anchor: isBelieved ? anchorOf(verdict) : null,
    evidenceFile,
  };
}

/** Only a chain that says so shows since when something is there; what an anchor file claims by itself does not. */
function anchorOf({ checks, findings: { anchor } }: Verdict): AuditedAnchor | null {
  const isThere = checks.anchor === "finalized" || checks.anchor === "included";
  if (!isThere || anchor.time === undefined) {
    return null;
  }
  return {
    since: anchor.time,
    chainId: anchor.chainId ?? null,
    chainName: anchor.chainName ?? null,
    blockNumber: anchor.blockNumber ?? null,
    transaction: anchor.transaction ?? null,
    trust: checks.anchorTrust,
  };
}
