import { unreachable } from "../../platform/errors";
import { ANSWER_CHECKS, type AnswerCheckName, type AnswerCheckValue } from "./answerReport";

const NAMES: Readonly<Record<AnswerCheckName, string>> = {
  statement: "evidence",
  displayedText: "displayed text",
  answer: "answer",
  requestHash: "request",
  outputHash: "output",
  signingKey: "signing key",
  signature: "signature",
  registryEntry: "registry entry",
  enclaveEnabled: "enclave enabled",
  codeApproved: "code approved",
  codeStillApproved: "approved today",
  documentSignature: "attestation",
  documentChain: "certificates",
  notDebug: "no debug enclave",
  bindsSigningKey: "key attested",
  bindsTlsCertificate: "TLS attested",
  measurement: "measured code",
  environmentKnown: "code rebuilt",
  settlement: "settlement",
  model: "model",
};

/** What people read for the name of a check; one that nobody here knows is called as it is. */
export function nameOfEnclaveCheck(name: string): string {
  const known = ANSWER_CHECKS.find((one) => one === name);
  return known === undefined ? name : NAMES[known];
}

/** What people read for what a check came to. */
export function describeEnclaveCheck(value: AnswerCheckValue): string {
  switch (value) {
    case "passed":
    case "failed":
    case "warning":
    case "pending":
    case "unproved":
      return value;
    case "notChecked":
      return "not checked";
    default:
      return unreachable(value);
  }
}
