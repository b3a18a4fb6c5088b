import type { Verdict } from "../../policy/verdict";
import type { Remark } from "../../protocol/messages";

/** What must be said beside a verdict's word, so that it never says more of a line than is true. */
export function remarksOn({ checks, findings }: Pick<Verdict, "checks" | "findings">): Remark[] {
  return [
    ...(findings.content.part && checks.content !== "edited" ? (["part"] as const) : []),
    ...(checks.content === "reformatted" ? (["reformatted"] as const) : []),
    ...(checks.anchorTrust === "singleRpc" && findings.anchor.blockNumber !== undefined
      ? (["one operator"] as const)
      : []),
    ...(checks.copied === "fromToday" || checks.copied === "fromPrompt" ? (["copied"] as const) : []),
  ];
}
