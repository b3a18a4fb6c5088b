import type { CheckName, CheckValue } from "../protocol/verdictWords";
import type { Checks } from "./verdict";

/** For each value of each check what it leaves unchecked; `null` where that is nothing. In the order of telling. */
const GAPS: { readonly [Name in CheckName]: { readonly [Value in CheckValue<Name>]: string | null } } = {
  execution: {
    exact: null,
    withinTolerance: null,
    verifierReplayed: "the replay itself, for which a verifier stands",
    mismatch: null,
    notRun: "that the model yields this text",
    impossible: "that the model yields this text",
    enclaveSigned: null,
    enclaveUnchecked: "the enclave's signature",
    enclaveContradicted: null,
    stated: "that any model wrote this",
  },
  anchor: {
    finalized: null,
    included: null,
    pending: "when it was stated",
    absent: "when it was stated",
    unreachable: "when it was stated",
    wrongChain: "when it was stated",
    reorged: "when it was stated",
    disputed: "when it was stated",
  },
  anchorTrust: {
    stateProof: null,
    quorum: null,
    offlineProof: null,
    singleRpc: "whether the one operator's servers tell the truth",
    local: "the time",
  },
  model: {
    approved: null,
    pinOnly: null,
    unapproved: null,
    revoked: null,
    misnamed: null,
    unproved: "which weights wrote it",
  },
  signature: {
    valid: null,
    unknownDevice: "whose device signed",
    revokedDevice: null,
    invalid: null,
  },
  environment: {
    declaredApproved: null,
    declaredUnknown: "the environment",
    declaredRevoked: null,
    attested: null,
    attestedRebuilt: null,
    attestedRevoked: null,
  },
  prompt: {
    bound: null,
    disclosed: "where its prompt stood",
    sealed: "the prompt, which its author keeps",
  },
  copied: { no: null, fromToday: null, fromPrompt: null, unknown: null },
  content: { verbatim: null, reformatted: null, edited: null, moved: null, ambiguous: null, gone: null },
  evidence: {
    intact: null,
    malformed: null,
    tampered: null,
    newer: "what the evidence says, which only a newer Proofline can read",
    equivocation: null,
    foreign: null,
    unidentified: "whether it belongs to this repository",
  },
};

/** What nobody checked about a suggestion; never empty, since nobody checks whether code is good. */
export function notChecked(checks: Checks): readonly string[] {
  const gapOf = <Name extends CheckName>(name: Name): string | null => GAPS[name][checks[name]];
  const names = (Object.keys(GAPS) as CheckName[]).filter(
    // Where nothing is anchored, nobody's word for it is in question.
    (name) => name !== "anchorTrust" || GAPS.anchor[checks.anchor] === null,
  );
  return [...names.flatMap((name) => gapOf(name) ?? []), "whether the code is right or safe"];
}
