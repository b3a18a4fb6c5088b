import { unreachable } from "../../platform/errors";
import { visibleName } from "../../protocol/visibleText";
import type { AnswerCheck, AnswerCheckName, AnswerSummary } from "./answerReport";
import type { SchemeWords } from "./attestationScheme";

/** Without these, where they are made, nothing says that evidence is about this answer. */
const STATED: readonly AnswerCheckName[] = ["statement", "displayedText"];
/** Without all of these, nothing says who signed what. */
const SIGNED: readonly AnswerCheckName[] = ["answer", "requestHash", "outputHash", "signingKey", "signature"];
/** With all of these, the key is an enclave's. */
const ATTESTED: readonly AnswerCheckName[] = [
  "documentSignature",
  "documentChain",
  "notDebug",
  "bindsSigningKey",
];
/** With all of these, the registry approved that enclave's code. */
const APPROVED: readonly AnswerCheckName[] = ["registryEntry", "enclaveEnabled", "codeApproved"];

/** One word for all checks. One that failed decides; beyond that, no word is said for which a check is missing. */
export function summarizeAnswer(checks: readonly AnswerCheck[]): AnswerSummary {
  if (checks.some(({ value }) => value === "failed")) {
    return "contradicted";
  }
  const values = new Map(checks.map(({ name, value }) => [name, value]));
  const pass = (names: readonly AnswerCheckName[]): boolean =>
    names.every((name) => values.get(name) === "passed");
  // What only evidence says is not there to be checked in a file that was saved by itself.
  if (!pass(SIGNED) || !pass(STATED.filter((name) => values.has(name)))) {
    return "unchecked";
  }
  if (pass(APPROVED)) {
    return "approved";
  }
  return pass(ATTESTED) ? "attested" : "signed";
}

/** The same as a sentence. Which weights wrote an answer, none of them says. */
export function meaningOfSummary(
  summary: AnswerSummary,
  model: string | null,
  { attested, signed }: SchemeWords,
): string {
  switch (summary) {
    case "approved":
      return `An approved enclave relayed this answer${model === null ? "" : ` from ${visibleName(model)}`}; nobody can check which weights wrote it.`;
    case "attested":
      return attested;
    case "signed":
      return signed;
    case "unchecked":
      return "It could not be checked who signed which answer to which request.";
    case "contradicted":
      return "This does not hold: at least one check failed.";
    default:
      return unreachable(summary);
  }
}
