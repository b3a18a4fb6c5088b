import * as z from "zod";
import { Address, ChainHash, Count } from "../../platform/primitives";
import type { AnswerFlaw } from "./answerFlaw";

/** The checks of an answer, in the order in which a person reads them. */
export const ANSWER_CHECKS = [
  /** Evidence alone: it says of the answer what the answer says itself. */
  "statement",
  /** Evidence alone: what was displayed is what the scheme makes of the answer's text. */
  "displayedText",
  /** It is whole, and an enclave states something of it. */
  "answer",
  "requestHash",
  "outputHash",
  /** The key is that of the enclave which the answer names. */
  "signingKey",
  "signature",
  "registryEntry",
  "enclaveEnabled",
  "codeApproved",
  "codeStillApproved",
  /** The hardware signed the document, with a key that its maker's root vouches for. */
  "documentSignature",
  "documentChain",
  "notDebug",
  "bindsSigningKey",
  "bindsTlsCertificate",
  /** The document measures the code that is approved. */
  "measurement",
  "environmentKnown",
  "settlement",
  "model",
] as const;
export type AnswerCheckName = (typeof ANSWER_CHECKS)[number];

/** Those of them that a report of the hardware is looked at for. */
export const REPORT_CHECKS = [
  "documentSignature",
  "documentChain",
  "notDebug",
  "bindsSigningKey",
  "bindsTlsCertificate",
  "measurement",
] as const satisfies readonly AnswerCheckName[];

/**
 * `pending`: it cannot be told yet, and will be. `warning`: it held when the answer was signed and does no longer, holds
 * with reservations, or did not come in time. `unproved`: nobody can check it.
 */
export const AnswerCheckValue = z.enum(["passed", "failed", "warning", "pending", "notChecked", "unproved"]);
export type AnswerCheckValue = z.infer<typeof AnswerCheckValue>;

export const AnswerCheck = z.strictObject({
  name: z.enum(ANSWER_CHECKS),
  value: AnswerCheckValue,
  reason: z.string().describe("A whole sentence."),
});
export type AnswerCheck = z.infer<typeof AnswerCheck>;

/**
 * What the checks come to. `approved`: an enclave that the registry approves signed it. `attested`: an enclave did, and nobody
 * asked the registry. `signed`: somebody did. `unchecked`: not even that is known. `contradicted`: a check failed.
 */
export const AnswerSummary = z.enum(["approved", "attested", "signed", "unchecked", "contradicted"]);
export type AnswerSummary = z.infer<typeof AnswerSummary>;

export const AnswerReport = z.strictObject({
  summary: AnswerSummary,
  meaning: z.string().describe("The summary as a sentence."),
  enclave: z
    .nullable(z.union([ChainHash, Address]))
    .describe("The enclave that the answer names: by the hash of its key, or by its key's address."),
  timestamp: z.nullable(Count).describe("When the enclave says that it signed, in seconds since 1970."),
  model: z.nullable(z.string()).describe("What the request asked for. Nobody can check what answered."),
  checks: z.array(AnswerCheck).readonly(),
});
export type AnswerReport = z.infer<typeof AnswerReport>;

export function passed(name: AnswerCheckName, reason: string): AnswerCheck {
  return check(name, "passed", reason);
}

export function failed(name: AnswerCheckName, reason: string): AnswerCheck {
  return check(name, "failed", reason);
}

export function notChecked(name: AnswerCheckName, reason: string): AnswerCheck {
  return check(name, "notChecked", reason);
}

/** What a flaw makes of a check: it fails where no honest gateway has such a flaw, and is not made where nobody can tell. */
export function flawed(name: AnswerCheckName, about: string, { kind, message }: AnswerFlaw): AnswerCheck {
  return check(name, kind === "unfit" ? "failed" : "notChecked", `${about}: ${message}.`);
}

export function check(name: AnswerCheckName, value: AnswerCheckValue, reason: string): AnswerCheck {
  return { name, value, reason };
}
