/**
 * The independent checks of one piece of a claim and their values. `summary.ts` turns them into one word; nothing else
 * may. The values are the public interface of the command line's JSON: they are added to, never renamed.
 */
export const CHECK_VALUES = {
  content: ["verbatim", "reformatted", "edited", "moved", "ambiguous", "gone"],
  evidence: ["intact", "malformed", "tampered", "newer", "equivocation", "foreign", "unidentified"],
  signature: ["valid", "unknownDevice", "revokedDevice", "invalid"],
  anchor: ["finalized", "included", "pending", "absent", "unreachable", "wrongChain", "reorged", "disputed"],
  anchorTrust: ["stateProof", "quorum", "offlineProof", "singleRpc", "local"],
  execution: [
    "exact",
    "withinTolerance",
    "verifierReplayed",
    "mismatch",
    "notRun",
    "impossible",
    "enclaveSigned",
    "enclaveUnchecked",
    "enclaveContradicted",
    "stated",
  ],
  model: ["approved", "pinOnly", "unapproved", "revoked", "misnamed", "unproved"],
  environment: [
    "declaredApproved",
    "declaredUnknown",
    "declaredRevoked",
    "attested",
    "attestedRebuilt",
    "attestedRevoked",
  ],
  prompt: ["bound", "disclosed", "sealed"],
  copied: ["no", "fromToday", "fromPrompt", "unknown"],
} as const;

export type CheckName = keyof typeof CHECK_VALUES;
export type CheckValue<Name extends CheckName> = (typeof CHECK_VALUES)[Name][number];

/** Worst first: the order in which `summarize` looks for a reason. */
export const SUMMARIES = [
  "failed",
  "unknown",
  "pending",
  "unverified",
  "edited",
  "stated",
  "anchored",
  "attested",
  "verified",
] as const;
export type Summary = (typeof SUMMARIES)[number];

/**
 * What a badge adds to its word. `part`: other text stands on the same lines. `reformatted`: only white space that means
 * nothing differs. `copied`: most of it stood in the prompt already. `one operator`: that it is onchain is the word of one
 * operator of RPC servers. `replayed here`: all but the chain is known to be good.
 */
export const REMARKS = ["part", "reformatted", "copied", "one operator", "replayed here"] as const;
export type Remark = (typeof REMARKS)[number];
