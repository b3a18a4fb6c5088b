import { compareText } from "../platform/compareText";
import { SUMMARIES, type Summary } from "../protocol/verdictWords";
import { type ClaimChecks, claimChecks } from "./claimChecks";
import type { Claim, ClaimPiece } from "./claims";
import { summarize } from "./summary";
import type { Checks } from "./verdict";
import type { VerifyParameters } from "./verifyParameters";

/** A piece of a claim, with how good the claim is among others. */
export interface Ranked {
  readonly claim: Claim;
  readonly checks: ClaimChecks;
  readonly piece: ClaimPiece;
  /** What the claim could be at best, were its text as it was accepted; higher is better. */
  readonly rank: number;
  /** When it was anchored, in seconds since 1970. */
  readonly time: number;
}

/**
 * How good a claim is among others; higher is better. What only a newer Proofline can read is worse than what failed: else
 * whoever wants a finding out of sight would sign something that nobody understands.
 */
export function goodness({ evidence }: Pick<Checks, "evidence">, summary: Summary): number {
  return evidence === "newer" ? -1 : SUMMARIES.indexOf(summary);
}

/** The better first, then the one with the older anchor, then by leaf hash. */
export function byRank(a: Ranked, b: Ranked): number {
  return b.rank - a.rank || a.time - b.time || compareText(a.claim.claim, b.claim.claim);
}

/** Pieces with those of better claims first. */
export function* bestFirst(
  claims: readonly Claim[],
  parameters: VerifyParameters,
): Generator<void, readonly Ranked[], void> {
  const ranked: Omit<Ranked, "piece">[] = [];
  for (const claim of claims) {
    const checks = claimChecks(claim, parameters);
    ranked.push({
      claim,
      checks,
      rank: goodness(checks, summarize({ ...checks, ...AT_BEST }, parameters.policy.requirements)),
      time:
        (claim.batchRoot === null ? undefined : parameters.chain.get(claim.batchRoot))?.anchor?.timestamp ??
        Number.MAX_SAFE_INTEGER,
    });
    yield;
  }
  return ranked.flatMap((one) => one.claim.pieces.map((piece) => ({ ...one, piece }))).sort(byRank);
}

/** The checks that depend on today's text, where it speaks for the claim. */
const AT_BEST = {
  content: "verbatim",
  prompt: "bound",
  copied: "no",
} as const satisfies Omit<Checks, keyof ClaimChecks>;
