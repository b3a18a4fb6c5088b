import type { Remark } from "../protocol/verdictWords";
import { summarize } from "./summary";
import type { Checks, Verdict } from "./verdict";

/** What must be said beside a verdict's word, so that it never says more of a line than is true, nor less than is known. */
export function remarksOn({ checks, findings }: Pick<Verdict, "checks" | "findings">): Remark[] {
  return [
    ...(findings.content.part && checks.content !== "edited" ? (["part"] as const) : []),
    ...(checks.content === "reformatted" ? (["reformatted"] as const) : []),
    ...(checks.anchorTrust === "singleRpc" && findings.anchor.blockNumber !== undefined
      ? (["one operator"] as const)
      : []),
    ...(checks.copied === "fromToday" || checks.copied === "fromPrompt" ? (["copied"] as const) : []),
    ...(lacksOnlyItsChain(checks) ? (["replayed here"] as const) : []),
  ];
}

/** It was replayed here, and everything is good but the anchor, of which nothing can be said here. */
export function lacksOnlyItsChain(checks: Checks): boolean {
  return (
    checks.execution !== "verifierReplayed" &&
    summarize(checks) === "unknown" &&
    summarize({ ...checks, anchor: "included" }) === "verified"
  );
}

/** How many lines of an edited suggestion stand, where there are several and some do not. */
export function keptLinesOf({
  summary,
  findings,
}: Verdict): { readonly kept: number; readonly total: number } | null {
  const { kept, total, surroundings } = findings.content;
  return summary === "edited" && surroundings === "same" && total > 1 && kept < total
    ? { kept, total }
    : null;
}
