import type { SubjectKind } from "../chain/authority/subjects";
import { unreachable } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import { utc } from "../platform/utc";
import type { CheckName } from "../protocol/verdictWords";
import { visibleName } from "../protocol/visibleText";
import { namesakesAmong, type Policy, WITHOUT_KEY } from "./policy";
import type { Checks, Findings, PromptMisfit, Verdict } from "./verdict";

/** One plain sentence for one check's value: what it means for this suggestion. */
export function reasonFor(name: CheckName, checks: Checks, findings: Findings, policy: Policy): string {
  switch (name) {
    case "content":
      return contentReason(checks.content, findings);
    case "evidence":
      return evidenceReason(checks.evidence);
    case "signature":
      return signatureReason(checks.signature, findings, policy);
    case "anchor":
      return anchorReason(checks.anchor, findings);
    case "anchorTrust":
      return trustReason(checks.anchorTrust, findings);
    case "model":
      return modelReason(checks.model, findings, policy);
    case "environment":
      return environmentReason(checks.environment, findings, policy);
    case "prompt":
      return promptReason(checks.prompt, findings);
    case "copied":
      return copiedReason(checks.copied, findings);
    case "execution":
      return executionReason(checks.execution, findings);
  }
}

/** What `reformatted` means. */
export const REFORMATTED =
  "Only white space that means nothing in this language differs from what was accepted.";

/** Which columns of its lines are the model's, where other text stands there, too; one-based, the last one included. */
export function partOfLines({
  startLine,
  startColumn,
  endLine,
  endColumn,
}: Pick<Verdict, "startLine" | "startColumn" | "endLine" | "endColumn">): string {
  const last = Math.max(1, (endColumn ?? 1) - 1);
  return startLine === endLine
    ? `part of the line, columns ${startColumn} to ${last}`
    : `part of the lines, from column ${startColumn} of line ${startLine} to column ${last} of line ${endLine}`;
}

function contentReason(value: Checks["content"], { content }: Findings): string {
  switch (value) {
    case "verbatim":
      return content.part
        ? "The text is as it was accepted; other text stands on the same lines."
        : "The text is as it was accepted.";
    case "reformatted":
      return REFORMATTED;
    case "moved":
      return "The lines are as they were sealed, but in another place.";
    case "edited":
      return editedReason(content);
    case "ambiguous":
      return "Nobody can tell which place is the accepted text's own: it occurs several times, or did when it was sealed, stands elsewhere while a changed line like it stands at its place, or would take too long to find.";
    case "gone":
      return "The accepted text is no longer in the file.";
  }
}

function editedReason({ surroundings, kept, total }: Findings["content"]): string {
  switch (surroundings) {
    case "changed":
      return "Its lines stand, but comments or strings around them begin or end otherwise than when they were sealed, or nobody can tell: a compiler may read something else.";
    case "same":
      return kept === total
        ? "The text was edited: other lines stand between those that were sealed."
        : `The text was edited: ${kept} of ${total} lines stand as they were sealed.`;
    default:
      return unreachable(surroundings);
  }
}

function evidenceReason(value: Checks["evidence"]): string {
  switch (value) {
    case "intact":
      return "The evidence file is consistent.";
    case "malformed":
      return "The evidence file cannot be read as evidence.";
    case "tampered":
      return "The evidence file contradicts itself.";
    case "newer":
      return "The evidence file was written by a newer Proofline.";
    case "foreign":
      return "The evidence belongs to another repository.";
    case "equivocation":
      return "The device contradicts itself about the order of its batches.";
    case "unidentified":
      return "Nobody can tell whether the evidence belongs to this repository.";
  }
}

function signatureReason(value: Checks["signature"], findings: Findings, policy: Policy): string {
  const { device } = findings;
  if (device === WITHOUT_KEY) {
    return "Not signed yet: this computer gets its device key with its first batch.";
  }
  switch (value) {
    case "valid":
      return policy.devices.has(device)
        ? `Signed by the device ${device}, which the ${policy.name} knows.`
        : `Signed by the device ${device}, which the authority of the ${policy.name} enrolled${calledBy(policy, { kind: "device", id: device })}.`;
    case "unknownDevice":
      return `Signed by the device ${device}, which is not known here.`;
    case "revokedDevice":
      return `Signed by the device ${device}. ${deniedSentence(policy, { kind: "device", id: device })}`;
    case "invalid":
      return "The signature does not match the statement.";
  }
}

function isIn(listed: ReadonlySet<Digest>, digest: Digest | null): boolean {
  return digest !== null && listed.has(digest);
}

/** What an authority calls a subject, after a name. */
function calledBy({ authority }: Policy, named: NamedSubject): string {
  const approved = authority.approvals.get(`${named.kind} ${named.id}`);
  return approved === undefined ? "" : ` (${visibleName(approved.name)})`;
}

interface NamedSubject {
  readonly kind: SubjectKind;
  readonly id: string;
}

/** Why an authority has something not count. */
function deniedSentence({ authority, name }: Policy, named: NamedSubject): string {
  const denied = authority.denials.get(`${named.kind} ${named.id}`);
  const who = `The authority of the ${name}`;
  if (denied === undefined) {
    return `${who} has revoked it.`;
  }
  const { lostAt, compromised } = denied;
  if (compromised === null) {
    return `${who} revoked it on ${utc(lostAt ?? 0)}, and what is anchored since then does not count.`;
  }
  return compromised.since === null
    ? `${who} says that it was compromised, so that nothing of it counts.`
    : `${who} says that it has been compromised since ${utc(compromised.since)}, and what is anchored since then does not count.`;
}

function anchorReason(value: Checks["anchor"], { anchor }: Findings): string {
  const place = `${anchor.chainName ?? "the chain"}, block ${anchor.blockNumber ?? "?"}`;
  switch (value) {
    case "finalized":
      return `Anchored on ${place}, which is final.`;
    case "included":
      return `Anchored on ${place}, which is not final yet.`;
    case "pending":
      return anchor.reason ?? "Not anchored yet.";
    case "absent":
      return anchor.reason ?? "The chain does not hold the root that an anchor file claims.";
    case "unreachable":
      return anchor.reason ?? "The chain could not be reached.";
    case "wrongChain":
      return anchor.reason ?? "Anchored on a chain other than the one configured here.";
    case "reorged":
      return anchor.reason ?? "The block that held the anchor is no longer part of the chain.";
    case "disputed":
      return anchor.reason ?? "The servers contradict each other about the anchor.";
  }
}

/** Whose word an anchor rests on. */
export function trustReason(value: Checks["anchorTrust"], { anchor: { operators = [] } }: Findings): string {
  const who = operators.join(", ");
  switch (value) {
    case "stateProof":
      return `A proof of the chain's state shows the anchor in a block that ${operators.length} independent operators report (${who}).`;
    case "quorum":
      return `The RPC servers of ${operators.length} independent operators agree on the anchor (${who}).`;
    case "offlineProof":
      return "A stored proof of the chain's state shows the anchor in a block that was confirmed here earlier; no server was asked now.";
    case "singleRpc":
      return `It rests on the word of a single operator of RPC servers${who === "" ? "" : ` (${who})`}.`;
    case "local":
      return "The chain is a developer's own and its owner controls it: a rehearsal, not a witness.";
  }
}

function modelReason(value: Checks["model"], { model }: Findings, policy: Policy): string {
  const name = nameOf(model);
  switch (value) {
    case "approved":
      return isIn(policy.models.approved, model.manifestDigest)
        ? `The ${policy.name} approves the model ${name}.`
        : `The authority of the ${policy.name} approves the model ${name}${calledBy(policy, { kind: "model", id: model.manifestDigest ?? "" })}.`;
    case "pinOnly":
      return `The model ${name} is pinned on this machine and counts for this repository; no authority has approved it.`;
    case "unapproved":
      return unapprovedReason(model, policy);
    case "revoked":
      return `It is the model ${name}. ${deniedSentence(policy, { kind: "model", id: model.manifestDigest ?? "" })}`;
    case "misnamed":
      return `The evidence names another model or other files than the pin of ${name}. ${toldOf(model)}`;
    case "unproved":
      return `Nobody can check which model wrote this. ${model.told === "" ? "" : toldOf(model)}`.trimEnd();
  }
}

function unapprovedReason(model: Findings["model"], policy: Policy): string {
  const { manifestDigest, told } = model;
  const { installed } = policy.models;
  const namesakes = namesakesAmong(installed.values(), { name: told, manifestDigest });
  const named =
    namesakes.length === 0
      ? toldOf(model)
      : `It calls itself “${told}”, as the model installed here with another pin does (${namesakes.join(", ")}), and is not that one.`;
  if (manifestDigest === null || !installed.has(manifestDigest)) {
    return `The model is neither pinned on this machine nor approved by the ${policy.name}. ${named}`;
  }
  // Whoever acts on it is shown the whole digest first.
  return `The model is installed here, but not accepted for this repository. ${named} To accept it, run “proofline model accept ${manifestDigest.slice(0, 12)}”, or Proofline: Accept a Model… in the editor.`;
}

/** A model's name comes from the pin that counts here; without one it has only its digest. */
export function nameOf({ name, manifestDigest }: Findings["model"]): string {
  return name ?? (manifestDigest === null ? "without a pin" : `with the pin ${manifestDigest}`);
}

function toldOf({ told }: Findings["model"]): string {
  return `The evidence calls it “${told}”, which proves nothing.`;
}

function environmentReason(value: Checks["environment"], { environment }: Findings, policy: Policy): string {
  const named = { kind: "environment", id: environment?.digest ?? "" } as const;
  switch (value) {
    case "declaredApproved":
      return isIn(policy.environments, environment?.digest ?? null)
        ? `The ${policy.name} approves the environment that the device states.`
        : `The authority of the ${policy.name} approves the environment that the device states${calledBy(policy, named)}.`;
    case "declaredRevoked":
      return `The device states an environment that does not count. ${deniedSentence(policy, named)}`;
    case "declaredUnknown":
      return "The environment is the device's own statement; nothing here proves or approves it.";
    case "attested":
      return "A registry approved the code of the enclave that signed this.";
    case "attestedRebuilt":
      return `A registry approved the code of the enclave that signed this, and the ${policy.name} names who has rebuilt it from its source.`;
    case "attestedRevoked":
      return "A registry approved the code of the enclave when it signed this, and since then has taken the approval back or disabled the enclave.";
  }
}

/** What the prompt check found, with how much of the output stood in the prompt. */
export function promptReason(value: Checks["prompt"], { prompt }: Findings): string {
  switch (value) {
    case "bound":
      return `The prompt is open and matches the text around what was accepted${quotesOf(prompt.quotes)}. ${shareReason(prompt)}`.trimEnd();
    case "disclosed":
      return `The prompt is open, but ${prompt.misfits.map(misfitReason).join("; ")}. ${shareReason(prompt)}`.trimEnd();
    case "sealed":
      return "The prompt is sealed: its author keeps it, and only a digest of it is here.";
  }
}

function quotesOf(quotes: readonly string[]): string {
  return quotes.length === 0 ? "" : ` and the lines that it quotes from ${quotes.join(", ")}`;
}

function misfitReason(misfit: PromptMisfit): string {
  switch (misfit.part) {
    case "path":
      return `it names another file (${misfit.path})`;
    case "place":
      return "nobody can tell which place is the accepted text's";
    case "output":
      return "the accepted text was edited";
    case "prefix":
      return "the text before it is different now";
    case "suffix":
      return "the text after it is different now";
    case "context":
      return misfit.why === "missing"
        ? `${misfit.path}, which it quotes, is not a file of the repository`
        : `${misfit.path} does not hold the lines that it quotes`;
  }
}

/** How much of the output the model could have copied; rounded so that neither nothing nor all is claimed falsely. */
function shareReason({ share }: Findings["prompt"]): string {
  if (share === null) {
    return "";
  }
  if (share === 0) {
    return "None of the output was already in the prompt.";
  }
  if (share === 1) {
    return "All of the output was already in the prompt.";
  }
  const percent = Math.min(99, Math.max(1, Math.round(share * 100)));
  return `${percent}% of the output was already in the prompt.`;
}

/** Where most of the output stood already. */
export function copiedReason(value: Checks["copied"], { prompt }: Findings): string {
  const from = placeOf(prompt.copiedFrom);
  switch (value) {
    case "no":
      return "At most half of the output stood in the prompt already, or it is only a word or two.";
    case "fromToday":
      return `Copied from ${from}: most of the output stood in the prompt already.`;
    case "fromPrompt":
      return "Copied from its prompt: most of the output, or a whole line of it, stood in lines of the prompt that stand in no file that it names today, so they may have been put there for this answer.";
    case "unknown":
      return "The prompt is sealed, so nobody can tell whether the output was copied from it.";
  }
}

/** Where a copied output stands today, as `path:line`. */
export function placeOf(from: Findings["prompt"]["copiedFrom"]): string {
  if (from === null || from.path === null) {
    return "the prompt";
  }
  return from.line === null ? from.path : `${from.path}:${from.line}`;
}

/** How the output came about, as far as it was checked, and how much of it was accepted. */
export function executionReason(
  value: Checks["execution"],
  { execution, environment, content }: Findings,
): string {
  const { reason } = execution;
  const profile = environment?.profile ?? "an unknown profile";
  const partial =
    content.accepted < content.displayed
      ? ` The first ${content.accepted} of the ${content.displayed} displayed characters were accepted.`
      : "";
  switch (value) {
    case "exact":
      return `Replayed here under ${profile}: all ${execution.tokens} tokens are the model's own choice${profile === "portable/v1" ? ", bit for bit" : ""}.${partial}`;
    case "withinTolerance":
      if (execution.exact === execution.tokens) {
        return `Replayed here under ${profile}: all ${execution.tokens} tokens are the model's first choice, and the text ends within the tolerance of where the model's does.${partial}`;
      }
      return `Replayed here under ${profile}: ${execution.exact} of ${execution.tokens} tokens are the model's first choice, the rest within ${execution.margin.toPrecision(1)} logits of it; its pin allows ${execution.tolerance.notFirst} such within ${execution.tolerance.margin}.${partial}`;
    case "verifierReplayed":
      return `Replayed by the verifier ${execution.verifier ?? ""}, whose word counts under these rules; it was not replayed here.${partial}`;
    case "mismatch":
      return `Replayed here under ${profile}, and it does not match: ${reason ?? "the model does not produce this text from this prompt."}`;
    case "notRun":
      return reason ?? "Nobody here has replayed it yet.";
    case "impossible":
      return reason ?? "It cannot be replayed here.";
    case "enclaveSigned":
    case "enclaveUnchecked":
    case "enclaveContradicted":
    case "stated":
      return reason ?? "";
  }
}
