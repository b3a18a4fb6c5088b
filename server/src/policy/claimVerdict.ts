import type { AnchorCheck } from "../chain/chain";
import type { LineIndex } from "../evidence/locate/lineIndex";
import type { Located } from "../evidence/locate/locatePiece";
import type { Environment } from "../inference/suggestion";
import { unreachable } from "../platform/errors";
import { visibleName } from "../protocol/visibleText";
import type { AnswerCheckName } from "../providers/attestation/answerReport";
import { anchorOf, type ClaimChecks, executionOf } from "./claimChecks";
import type { Claim, ClaimPiece } from "./claims";
import type { Policy } from "./policy";
import { checkPrompt, type PromptAnswer, type PromptQuestion, SEALED } from "./promptCheck";
import { reasonFor } from "./reasons";
import { shortcomings, summarizeUnder } from "./summary";
import type { Checks, Findings, Verdict } from "./verdict";
import type { EnclaveOutcome, VerifyParameters } from "./verifyParameters";

/** What prompts are checked against, the same for all claims of one verification. */
export type PromptKnowledge = Pick<PromptQuestion, "quoted" | "shares">;

/** The verdict on one piece of a claim where it was found. How much of its lines is its own is said later. */
export function verdictOf(
  claim: Claim,
  claimChecked: ClaimChecks,
  piece: ClaimPiece,
  located: Located,
  today: LineIndex,
  prompts: PromptKnowledge,
  parameters: VerifyParameters,
): Verdict {
  const { policy } = parameters;
  const anchored = anchorOf(claim, parameters.chain, policy);
  const outcome = executionOf(claim, parameters);
  const prompt = promptOf(claim, piece, located, today, prompts);
  const isMoved = piece.path !== piece.recordedPath && located.content === "verbatim";
  const checks: Checks = {
    ...claimChecked,
    content: isMoved ? "moved" : located.content,
    prompt: prompt.value,
    copied: prompt.copied,
  };
  const findings: Findings = {
    content: {
      kept: located.kept,
      total: located.total,
      surroundings: located.surroundings ?? "same",
      part: true,
      share: 0,
      displayed: claim.displayed,
      accepted: claim.accepted,
    },
    ...factsOf(claim, policy),
    device: claim.device,
    prompt: prompt.findings,
    execution: {
      kind: claim.execution.kind,
      tokens: "tokens" in outcome ? outcome.tokens : 0,
      exact: "exact" in outcome ? outcome.exact : 0,
      margin: "margin" in outcome ? outcome.margin : 0,
      tolerance: "tolerance" in outcome ? outcome.tolerance : { margin: 0, notFirst: 0 },
      ...("verifier" in outcome && { verifier: outcome.verifier }),
      ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
      ...("checks" in outcome && { checks: enclaveChecksUnder(policy, outcome) }),
    },
    anchor: anchorFindings(claim, anchored),
  };
  const reasons = [
    ...(policy.hold === null ? [] : [policy.hold]),
    ...shortcomings(checks, policy.requirements).map((name) => reasonFor(name, checks, findings, policy)),
  ];
  const { range } = located;
  return {
    key: piece.key,
    claim: claim.claim,
    id: claim.id,
    path: piece.path,
    startLine: range === null ? null : range.start.line + 1,
    endLine: range === null ? null : range.end.line + 1,
    startColumn: range === null ? null : range.start.character + 1,
    endColumn: range === null ? null : range.end.character + 1,
    summary: summarizeUnder(checks, policy.requirements, policy.hold),
    checks,
    // Of evidence that contradicts itself nothing else is worth saying.
    reasons:
      claim.defect === null
        ? reasons
        : [`${reasonFor("evidence", checks, findings, policy)} ${claim.defect}`],
    findings,
    evidenceFile: claim.evidenceFile,
  };
}

/** The checks of an enclave, with what the rules say of its code. */
function enclaveChecksUnder(
  { enclaveCode, name }: Policy,
  { checks, measurement }: EnclaveOutcome,
): EnclaveOutcome["checks"] {
  const rebuilt = measurement === null ? undefined : enclaveCode.get(measurement);
  return rebuilt === undefined
    ? checks
    : checks.map((check) =>
        check.name === REBUILT_CHECK
          ? {
              ...check,
              value: "passed",
              reason: `The ${name} names this code as rebuilt: ${visibleName(rebuilt)}.`,
            }
          : check,
      );
}

/** What the list of checks calls that somebody has rebuilt an enclave's code. */
const REBUILT_CHECK = "environmentKnown" satisfies AnswerCheckName;

function factsOf(
  { execution, environmentDigest, told }: Claim,
  policy: Policy,
): Pick<Findings, "model" | "environment"> {
  switch (execution.kind) {
    case "replayable": {
      const { model, environment, profile } = execution;
      const pin = policy.models.pinned.get(model.manifestDigest);
      const { manifestDigest, omsRoot } = model;
      return {
        model: { name: pin?.name ?? null, told: model.name, manifestDigest, omsRoot },
        environment: environmentDigest && {
          digest: environmentDigest,
          engine: engineOf(environment),
          platform: `${environment.platform.os} ${environment.platform.arch}`,
          profile,
        },
      };
    }
    case "attested":
      return { model: unpinned(execution.model.name), environment: null };
    case "stated":
      return {
        model: { ...unpinned(told?.model ?? ""), ...(told !== null && { tool: told.tool }) },
        environment: null,
      };
    default:
      return unreachable(execution);
  }
}

function unpinned(told: string): Findings["model"] {
  return { name: null, told, manifestDigest: null, omsRoot: null };
}

/** The runtime, and what it computed on, unless that was the processor. */
function engineOf({ engine, executionProvider }: Environment): string {
  const graphics =
    executionProvider === "cpu" || executionProvider === "wasm" ? "" : ` by ${executionProvider}`;
  return `${engine.name} ${engine.version}${graphics}`;
}

function anchorFindings(
  { batchRoot }: Claim,
  { identity, anchor, reason, trust, operators, transactionUnsure, remarks }: AnchorCheck,
): Findings["anchor"] {
  return {
    batchRoot: batchRoot ?? "",
    ...(identity === null ? {} : { chainId: identity.chainId, chainName: identity.name }),
    ...(anchor === null
      ? {}
      : {
          blockNumber: anchor.block.number,
          // Where a proof speaks, nobody was asked about the transaction that the file names.
          ...(trust === "stateProof" || trust === "offlineProof" || transactionUnsure
            ? {}
            : { transaction: anchor.transaction }),
          time: anchor.timestamp,
        }),
    ...(reason === undefined ? {} : { reason }),
    ...(operators === undefined ? {} : { operators }),
    ...(remarks === undefined ? {} : { remarks }),
  };
}

function promptOf(
  { device, prompt }: Claim,
  { accepted, recordedPath, path }: ClaimPiece,
  located: Located,
  today: LineIndex,
  prompts: PromptKnowledge,
): PromptAnswer {
  return prompt === null
    ? SEALED
    : checkPrompt({ device, prompt, accepted, recordedPath, path, located, today, ...prompts });
}
