/** What the forms of a report have in common: how its values are told to people. Nothing is shown letter by letter yet. */
import { unreachable } from "../../platform/errors";
import { utc } from "../../platform/utc";
import type { Remark, Summary } from "../../protocol/verdictWords";
import type { AuditedRepository, AuditedSuggestion, AuditReport } from "./auditReport";

/** What each verdict means, in a few words. */
export const VERDICT_MEANINGS: Readonly<Record<Summary, string>> = {
  verified: "signed, onchain, and replayed here: this model yields this text",
  attested: "an approved enclave relayed it; nobody can check which weights wrote it",
  anchored: "signed and onchain; nothing shows here that the model wrote it",
  stated: "signed and onchain; nobody can check which model wrote it",
  edited: "not as it was accepted",
  pending: "not onchain yet",
  unverified: "something that the rules require is not met",
  unknown: "something could not be reached or decided",
  failed: "the evidence contradicts itself, a replay, the model's pin or the chain",
};

/** What nobody believes is told by nobody. */
const NOT_BELIEVED = "not known: the evidence cannot be believed";

export function modelWords({ model, kind }: Pick<AuditedSuggestion, "model" | "kind">): string {
  if (model === null) {
    return NOT_BELIEVED;
  }
  const { name, manifestDigest, told } = model;
  if (manifestDigest === null) {
    const who = kind === "attested" ? "an enclave's" : "nobody can check which";
    return told === "" ? who : `${who}; called “${told}”, which proves nothing`;
  }
  // A name alone could be another model's, too.
  return name === null ? `with the pin ${manifestDigest}` : `${name} (${manifestDigest.slice(0, 12)})`;
}

export function deviceWords({
  device,
  isOwnDevice,
}: Pick<AuditedSuggestion, "device" | "isOwnDevice">): string {
  if (device === null) {
    return NOT_BELIEVED;
  }
  if (device === "") {
    return "this computer, which has no key yet";
  }
  return isOwnDevice ? `${device} (this computer)` : device;
}

export function kindWords(kind: AuditedSuggestion["kind"]): string {
  switch (kind) {
    case "replayable":
      return "replayable: its model can be run again";
    case "attested":
      return "attested: an enclave relayed it";
    case "stated":
      return "stated: nobody can check it";
    case null:
      return NOT_BELIEVED;
    default:
      return unreachable(kind);
  }
}

export function sinceWords({ anchor }: Pick<AuditedSuggestion, "anchor">): string {
  return anchor === null ? "no chain tells a time" : utc(anchor.since);
}

export function chainWords({ anchor }: Pick<AuditedSuggestion, "anchor">): string {
  if (anchor === null) {
    return "none that can be told";
  }
  const { chainName, chainId, blockNumber, trust } = anchor;
  const name = chainName ?? (chainId === null ? "a chain" : `chain ${chainId}`);
  const block = blockNumber === null ? "" : `, block ${blockNumber}`;
  return `${name}${block}; ${TRUST[trust]}`;
}

const TRUST: Readonly<Record<NonNullable<AuditedSuggestion["anchor"]>["trust"], string>> = {
  stateProof: "by a proof of its state",
  quorum: "by the word of several operators",
  offlineProof: "by a stored proof of its state",
  singleRpc: "by the word of one operator",
  local: "a rehearsal, as its owner controls it",
};

/** Where a suggestion stands, with its columns where it is a part of its lines; both ends included. */
export function placeWords(suggestion: AuditedSuggestion): string {
  const { startLine, endLine, startColumn, endColumn, isPart } = suggestion;
  if (startLine === null) {
    return "place not known";
  }
  const isOne = endLine === null || endLine === startLine;
  const last = Math.max(1, (endColumn ?? 1) - 1);
  if (!isPart || startColumn === null) {
    return linesWords(startLine, endLine);
  }
  return isOne
    ? `line ${startLine}, columns ${startColumn} to ${last}`
    : `line ${startLine}, column ${startColumn}, to line ${endLine}, column ${last}`;
}

/** Whole lines; both ends included. */
export function linesWords(start: number, end: number | null): string {
  return end === null || end === start ? `line ${start}` : `lines ${start} to ${end}`;
}

export function remarkWords(remarks: readonly Remark[]): readonly string[] {
  return remarks.map((remark) => (remark === "part" ? "part of its lines" : remark));
}

/** What the rules make of a suggestion; empty where it is good. */
export function decisionWords(decision: AuditedSuggestion["decision"]): string {
  switch (decision) {
    case "good":
      return "";
    case "report":
      return "to be looked at";
    case "waits":
      return "waits for its anchor";
    case "refuse":
      return "falls short";
    case "notJudged":
      return "not judged";
    default:
      return unreachable(decision);
  }
}

/** Why a suggestion is no better, as sentences; the rules' own reason first. */
export function reasonsOf({ why, reasons }: AuditedSuggestion): readonly string[] {
  return why === null ? reasons : [why, ...reasons];
}

export function rulesWords({ policy }: AuditedRepository): string {
  return policy === null ? "the built-in rules" : `the policy “${policy}”`;
}

/** How much of something there is, never rounded to none or all of it: `12.5%`. */
export function percent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (part / whole) * 100;
  if (part > 0 && share < 0.1) {
    return "under 0.1%";
  }
  return part < whole && share > 99.9 ? "over 99.9%" : `${share.toFixed(share % 100 === 0 ? 0 : 1)}%`;
}

/** The answer to what is asked first. */
export function headline({ lines: { total, withEvidence } }: AuditedRepository): string {
  const share = total === 0 ? "" : ` (${percent(withEvidence, total)})`;
  return `${number(withEvidence)} of ${number(total)} lines${share} have evidence.`;
}

/** What it does not mean. */
export const WITHOUT_EVIDENCE =
  "Lines without evidence are not human by that: nobody can tell who or what wrote them.";

/** What is counted. */
export function countedWords({ lines: { files } }: AuditedRepository): string {
  return `Counted in ${number(files)} text files that git tracks or in which suggestions stand; lines without visible text are left out, and a suggestion counts on a line whatever its verdict.`;
}

/** Which state of a repository a report is about. */
export function stateWords({ commit, base }: AuditedRepository): readonly string[] {
  return [
    commit === null ? "No commit is checked out." : `Commit ${commit}, with whatever is not committed yet.`,
    ...(base === null ? [] : [`Compared with ${base}.`]),
  ];
}

export function madeWords({ made, version }: AuditReport): string {
  return `Made by Proofline ${version} on ${utc(made)} by this computer's clock, which is no evidence.`;
}

export function number(count: number): string {
  return count.toLocaleString("en");
}

/** What falls short and is no suggestion that stands. */
export interface OtherShortfall {
  readonly what: "vanished" | "no evidence" | "file";
  readonly path: string;
  readonly startLine: number | null;
  readonly endLine: number | null;
  readonly id: string | null;
  /** A sentence. */
  readonly why: string;
}

export function otherShortfalls({
  vanished,
  unattributed,
  files,
}: AuditedRepository): readonly OtherShortfall[] {
  return [
    ...vanished.map(
      ({ path, line, id, evidenceFile }): OtherShortfall => ({
        what: "vanished",
        ...{ path, id },
        startLine: line,
        endLine: line,
        why: `The text of suggestion ${id} stands here, and its evidence (${evidenceFile}) does not.`,
      }),
    ),
    ...unattributed.map(
      ({ path, startLine, endLine }): OtherShortfall => ({
        what: "no evidence",
        ...{ path, startLine, endLine },
        id: null,
        why: "These changed lines have no evidence, so that nobody can tell who or what wrote them.",
      }),
    ),
    ...files.map(
      ({ path, problem, line }): OtherShortfall => ({
        what: "file",
        path,
        startLine: line ?? null,
        endLine: line ?? null,
        id: null,
        why: problem,
      }),
    ),
  ];
}

/** How many that fall short a page lists on their own; more is found in the list of all suggestions. */
export const MOST_SHORT = 200;

/** The suggestions that fall short, or that there is something to say about, by the rules. */
export function shortSuggestions({ suggestions }: AuditedRepository): readonly AuditedSuggestion[] {
  return suggestions.filter(({ decision }) => decision !== "good" && decision !== "notJudged");
}
