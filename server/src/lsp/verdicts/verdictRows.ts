import type { Policy } from "../../policy/policy";
import { partOfLines, placeOf } from "../../policy/reasons";
import type { Checks, Findings, Verdict } from "../../policy/verdict";

/** `checked`: it was, and is good. `stated`: somebody's word. `open`: nobody knows yet. `wrong`: it was checked, and is bad. */
export type Mark = "checked" | "stated" | "open" | "wrong";

/** One of the four things that a person asks of a suggestion, in a few words. */
export interface VerdictRow {
  readonly name: "Model" | "Environment" | "Output" | "Onchain";
  readonly mark: Mark;
  /** Plain text; names in it come from files and the chain. */
  readonly text: string;
}

/** A verdict in four short rows. */
export function verdictRows(verdict: Verdict, policy: Policy): readonly VerdictRow[] {
  const { checks, findings } = verdict;
  return [
    { name: "Model", ...modelRow(checks, findings.model, policy) },
    { name: "Environment", ...environmentRow(checks.environment, findings.environment) },
    { name: "Output", ...outputRow(verdict) },
    { name: "Onchain", ...onchainRow(checks, findings.anchor) },
  ];
}

type Row = Pick<VerdictRow, "mark" | "text">;

function modelRow({ model: value, execution }: Checks, model: Findings["model"], policy: Policy): Row {
  const name = model.name ?? "a model that is not installed here";
  switch (value) {
    case "approved":
      return {
        mark: "checked",
        text: `${name}, approved by ${isListed(model, policy) ? "" : "the authority of "}the ${policy.name}`,
      };
    case "pinOnly":
      return { mark: "checked", text: `${name}, with the files that are pinned here` };
    case "unapproved":
      return {
        mark: "wrong",
        text: `not accepted for this repository; called “${model.told}” by its author`,
      };
    case "revoked":
      return { mark: "wrong", text: `${name}, revoked by the authority of the ${policy.name}` };
    case "misnamed":
      return {
        mark: "wrong",
        text: `called “${model.told}”, but has other files than the model of that name`,
      };
    case "unproved":
      return {
        mark: "stated",
        text:
          model.told === ""
            ? "not known"
            : execution === "enclaveSigned"
              ? `“${model.told}” was asked for; nobody can check which weights answered`
              : `“${model.told}”, as its author says`,
      };
  }
}

function environmentRow(value: Checks["environment"], environment: Findings["environment"]): Row {
  const what = environment === null ? "" : `${environment.engine} on ${environment.platform}`;
  switch (value) {
    case "declaredApproved":
      return { mark: "stated", text: `${what}, as the device says; the policy allows it` };
    case "declaredRevoked":
      return { mark: "wrong", text: "revoked by the authority" };
    case "declaredUnknown":
      return { mark: "stated", text: what === "" ? "not known" : `${what}, as the device says` };
    case "attested":
      return { mark: "checked", text: "an enclave whose code its registry approves" };
    case "attestedRebuilt":
      return {
        mark: "checked",
        text: "an enclave with approved code, which the policy says was rebuilt from its source",
      };
    case "attestedRevoked":
      return { mark: "stated", text: "an enclave that its registry approved then, and does no longer" };
  }
}

function isListed({ manifestDigest }: Findings["model"], { models }: Policy): boolean {
  return manifestDigest !== null && models.approved.has(manifestDigest);
}

function outputRow(verdict: Verdict): Row {
  const { mark, text } = executionRow(verdict.checks.execution, verdict.findings);
  const beside = contentNote(verdict);
  return { mark, text: beside === null ? text : `${text}; ${beside}` };
}

function executionRow(value: Checks["execution"], { execution }: Findings): Row {
  switch (value) {
    case "exact":
      return { mark: "checked", text: "replayed here: exactly this" };
    case "withinTolerance":
      return { mark: "checked", text: "replayed here: this, within the model's tolerance" };
    case "verifierReplayed":
      return { mark: "checked", text: `replayed by the verifier ${execution.verifier ?? ""}, not here` };
    case "mismatch":
      return { mark: "wrong", text: "replayed here: something else" };
    case "notRun":
      return { mark: "open", text: "not replayed here yet" };
    case "impossible":
      return { mark: "open", text: `not replayed: ${lowerFirst(execution.reason ?? "it cannot be here")}` };
    case "enclaveSigned":
      return { mark: "checked", text: "an approved enclave signed this answer" };
    case "enclaveUnchecked":
      return { mark: "open", text: `not checked: ${lowerFirst(execution.reason ?? "nobody asked")}` };
    case "enclaveContradicted":
      return {
        mark: "wrong",
        text: lowerFirst(execution.reason ?? "it contradicts what the enclave signed"),
      };
    case "stated":
      return { mark: "stated", text: "nothing but the statement is there" };
  }
}

/** What the line holds beside what the model wrote, where that is worth a word. */
function contentNote(verdict: Verdict): string | null {
  const { checks, findings } = verdict;
  const copied =
    checks.copied === "fromToday"
      ? `${findings.prompt.share === 1 ? "" : "most of it "}copied from ${placeOf(findings.prompt.copiedFrom)}`
      : checks.copied === "fromPrompt"
        ? "copied from its own prompt"
        : null;
  return copied ?? placeNote(verdict);
}

function placeNote(verdict: Verdict): string | null {
  const { checks, findings } = verdict;
  switch (checks.content) {
    case "verbatim":
      return findings.content.part ? partOfLines(verdict) : null;
    case "moved":
      return "moved here";
    case "reformatted":
      return "only white space differs";
    case "edited":
      return "edited since";
    case "ambiguous":
      return "one of several copies, or none";
    case "gone":
      return "gone";
  }
}

function onchainRow({ anchor: value, anchorTrust: trust }: Checks, anchor: Findings["anchor"]): Row {
  const { chainName = "the chain", blockNumber = "?", reason } = anchor;
  switch (value) {
    case "finalized":
    case "included": {
      if (trust === "local") {
        return {
          mark: "stated",
          text: `${chainName}, block ${blockNumber}: a rehearsal, its owner controls it`,
        };
      }
      const state = value === "included" ? "not final yet" : witnessOf(trust, anchor);
      return { mark: "checked", text: `${chainName}, block ${blockNumber}; ${state}` };
    }
    case "pending":
      return { mark: "open", text: "not anchored yet" };
    case "unreachable":
    case "disputed":
    case "wrongChain":
      return { mark: "open", text: lowerFirst(reason ?? "it cannot be asked here") };
    case "absent":
    case "reorged":
      return { mark: "wrong", text: lowerFirst(reason ?? "the chain does not hold it") };
  }
}

function witnessOf(trust: Checks["anchorTrust"], { operators = [] }: Findings["anchor"]): string {
  switch (trust) {
    case "stateProof":
      return "proved from the chain's state";
    case "quorum":
      return `${operators.length} independent operators agree`;
    case "offlineProof":
      return "proved from a block that was confirmed here before";
    case "singleRpc":
      return "one operator says so";
    case "local":
      return "a rehearsal";
  }
}

function lowerFirst(sentence: string): string {
  const isWord = /^[A-Z][a-z ]/.test(sentence);
  return (isWord ? `${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1)}` : sentence).replace(/\.$/, "");
}
