import type { AnchorCheck } from "../chain/chain";
import { unreachable } from "../platform/errors";
import { visibleName } from "../protocol/visibleText";
import type { Claim } from "./claims";
import { checkDevice, checkEnvironment, checkModelApproval, type Policy } from "./policy";
import type { Checks } from "./verdict";
import type { EnclaveOutcome, ReplayOutcome, VerifyParameters } from "./verifyParameters";

/** The checks that do not depend on where the claim's text stands. */
export type ClaimChecks = Omit<Checks, "content" | "prompt" | "copied">;

export function claimChecks(claim: Claim, parameters: VerifyParameters): ClaimChecks {
  const { policy, chain, enclaves } = parameters;
  const { execution } = claim;
  const anchored = anchorOf(claim, chain, policy);
  const time = anchored.anchor?.timestamp ?? null;
  return {
    evidence: claim.evidence,
    signature: claim.signature === "invalid" ? "invalid" : checkDevice(policy, claim.device, time),
    anchor: anchored.status,
    anchorTrust: anchored.trust,
    execution: executionOf(claim, parameters).value,
    model: execution.kind === "replayable" ? checkModelApproval(policy, execution.model, time) : "unproved",
    environment: environmentOf(claim, policy, enclaves, time),
  };
}

function environmentOf(
  { claim, execution, environmentDigest }: Claim,
  policy: Policy,
  enclaves: VerifyParameters["enclaves"],
  time: number | null,
): Checks["environment"] {
  if (environmentDigest !== null) {
    return checkEnvironment(policy, environmentDigest, time);
  }
  const enclave = execution.kind === "attested" ? enclaves?.get(claim) : undefined;
  if (enclave?.value !== "enclaveSigned") {
    return "declaredUnknown";
  }
  if (enclave.isRevokedSince) {
    return "attestedRevoked";
  }
  const isRebuilt = enclave.measurement !== null && policy.enclaveCode.has(enclave.measurement);
  return isRebuilt ? "attestedRebuilt" : "attested";
}

const NOT_ANCHORED: AnchorCheck = { status: "pending", trust: "singleRpc", identity: null, anchor: null };

/** Why a claim is not onchain, by how far it has come. */
const NOT_YET: Readonly<Record<Claim["stage"], string>> = {
  accepted: "Accepted; its batch is not sealed yet.",
  sealed:
    "Sealed, and kept in the journal: its evidence file is not in the repository yet; anchoring writes it.",
  written: "Sealed; its batch is not anchored yet.",
};

/** What is known of a claim's anchor, as far as it counts under the rules. */
export function anchorOf(
  { batchRoot, stage }: Claim,
  chain: ReadonlyMap<string, AnchorCheck>,
  policy: Policy,
): AnchorCheck {
  const known = batchRoot === null ? undefined : chain.get(batchRoot);
  if (known === undefined) {
    return { ...NOT_ANCHORED, reason: NOT_YET[stage] };
  }
  const { identity, anchor } = known;
  const isElsewhere =
    policy.chain !== null &&
    identity !== null &&
    (identity.chainId !== policy.chain.id || identity.contract !== policy.chain.contract);
  return isElsewhere && anchor !== null
    ? {
        ...known,
        status: "wrongChain",
        anchor: null,
        reason: `It is anchored on ${identity.name}, and under the ${policy.name} only anchors of contract ${policy.chain.contract} on chain ${policy.chain.id} count.`,
      }
    : known;
}

/** What is known of how a claim's text came to be. */
export type ExecutionOutcome =
  | ReplayOutcome
  | { readonly value: "verifierReplayed"; readonly verifier: string; readonly reason?: never }
  | EnclaveOutcome
  | { readonly value: "stated"; readonly reason: string };

export function executionOf(
  claim: Claim,
  { replays, enclaves, verifierReplays }: Pick<VerifyParameters, "replays" | "enclaves" | "verifierReplays">,
): ExecutionOutcome {
  const { kind } = claim.execution;
  switch (kind) {
    case "stated":
      return { value: "stated", reason: statementOf(claim) };
    case "attested":
      return (
        enclaves?.get(claim.claim) ?? {
          value: "enclaveUnchecked",
          reason: "The enclave's signature has not been checked here.",
          checks: [],
          isRevokedSince: false,
          measurement: null,
        }
      );
    case "replayable":
      return replayedBy(claim, replayOf(claim, replays), verifierReplays);
    default:
      return unreachable(kind);
  }
}

/** What a replay here came to; where there was none, a verifier's. */
function replayedBy(
  { claim, evidence }: Claim,
  here: ReplayOutcome,
  replays: VerifyParameters["verifierReplays"],
): ExecutionOutcome {
  const replay = evidence === "intact" && isMissing(here) ? replays?.get(claim) : undefined;
  return replay === undefined
    ? here
    : { value: "verifierReplayed", verifier: `${visibleName(replay.name)} (${replay.verifier})` };
}

function isMissing({ value }: ReplayOutcome): boolean {
  return value === "notRun" || value === "impossible";
}

function statementOf({ told }: Claim): string {
  const nothing = "Nothing but the statement is there.";
  return told === null || told.tool === ""
    ? nothing
    : `The device says that ${visibleName(told.tool)} says that it wrote this. ${nothing}`;
}

function replayOf(
  { claim, evidence, prompt }: Claim,
  replays: ReadonlyMap<string, ReplayOutcome>,
): ReplayOutcome {
  if (evidence !== "intact") {
    return { value: "notRun", reason: "Evidence that is not intact is not replayed." };
  }
  return (
    replays.get(claim) ??
    (prompt === null
      ? { value: "impossible", reason: "The prompt is sealed, so nobody else can replay it." }
      : { value: "notRun", reason: "Nobody here has replayed it yet." })
  );
}
