import { unreachable } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import { attempt } from "../attestation/answerFlaw";
import {
  type AnswerCheck,
  check,
  failed,
  flawed,
  notChecked,
  passed,
  REPORT_CHECKS,
} from "../attestation/answerReport";
import { bindingOf, nonceIn, type ReportBinding } from "./reportBinding";
import type { SavedTdxAnswer } from "./savedTdxAnswer";
import type { TcbState } from "./tcbStatus";
import { readQuote, type TdxMeasurements } from "./tdxQuote";
import { verifyQuote } from "./verifyQuote";

/**
 * SHA-256 of Intel's root certificate for SGX and TDX, in DER: `Intel SGX Root CA`, valid to 2049. Pinned here, for the one that comes
 * with a quote is the word of whoever hands it in.
 */
export const INTEL_ROOT = "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3" as Digest;

/** Whether Intel's hardware vouches for a trust domain with this key. @param root SHA-256 of the certificate that decides it */
export async function quoteChecks(saved: SavedTdxAnswer, root: Digest): Promise<readonly AnswerCheck[]> {
  const { report } = saved;
  if (report === undefined) {
    return none("No report about the enclave came with the answer.");
  }
  const bytes = Buffer.from(report.quote, "base64");
  const read = attempt(() => readQuote(bytes));
  if ("flaw" in read) {
    const flaw = flawed("documentSignature", "The quote counts for nothing", read.flaw);
    return none("The quote could not be read.", flaw);
  }
  const quote = read.value;
  if (quote.isDebug) {
    return none(
      "Nothing is made of a quote from debug mode.",
      failed("notDebug", "The enclave ran in debug mode, where its owner can change what it does."),
    );
  }
  const verdict = await verifyQuote(bytes, quote, report.collateral, report.at, root);
  switch (verdict.kind) {
    case "unvouched":
      return none(
        "Nobody vouches for the quote.",
        failed("documentChain", `Intel vouches for nothing of it: ${verdict.reason}.`),
      );
    case "unknown":
      return none(
        "Nobody vouches for the quote.",
        notChecked("documentChain", `Intel's word on it is not known: ${verdict.reason}.`),
      );
    case "forged":
      return none(
        "The quote is not what was signed.",
        failed("documentSignature", `The quote is not what Intel's hardware signed: ${verdict.reason}.`),
      );
    case "genuine":
      return [
        passed("documentSignature", "Intel's hardware signed the quote."),
        chainCheck(verdict.state, new Date(report.at * 1000)),
        passed("notDebug", "The enclave did not run in debug mode."),
        ...bindingChecks(quote.reportData, saved.signature.signing_address, report),
        notChecked(
          "measurement",
          `${spelled(quote.measurements)}. No registry is known that says which of them are approved.`,
        ),
      ];
    default:
      return unreachable(verdict);
  }
}

/** None of the checks was made, for one reason, but for the one that gave it. */
function none(reason: string, made?: AnswerCheck): readonly AnswerCheck[] {
  return REPORT_CHECKS.map((name) => (made?.name === name ? made : notChecked(name, reason)));
}

function chainCheck({ status, advisories }: TcbState, at: Date): AnswerCheck {
  const led = `Its certificates led to Intel's pinned root at ${at.toISOString()}, when it was handed in`;
  if (status === "UpToDate") {
    return passed(
      "documentChain",
      `${led}, none of them was revoked, and Intel called the platform up to date.`,
    );
  }
  const wrong = advisories.length === 0 ? "" : ` (${advisories.join(", ")})`;
  return check("documentChain", "warning", `${led}, but of the platform Intel said ${status}${wrong}.`);
}

/** Whether the report is about this key and certificate, and was made for whoever asked for it. */
export function bindingChecks(
  reportData: Uint8Array,
  address: SavedTdxAnswer["signature"]["signing_address"],
  { nonce, tlsFingerprint }: Pick<NonNullable<SavedTdxAnswer["report"]>, "nonce" | "tlsFingerprint">,
): readonly [key: AnswerCheck, certificate: AnswerCheck] {
  const binding = bindingOf(
    reportData,
    address,
    tlsFingerprint === undefined ? null : Buffer.from(tlsFingerprint, "hex"),
  );
  return [keyCheck(binding, reportData, nonce), certificateCheck(binding, tlsFingerprint)];
}

function keyCheck(binding: ReportBinding, reportData: Uint8Array, nonce: string | undefined): AnswerCheck {
  const name = "bindsSigningKey";
  switch (binding) {
    case "unknown":
      return notChecked(
        name,
        "The report is not about a key alone, and it is not known with which TLS certificate it may be about this one.",
      );
    case "anotherKey":
      return failed(name, "The report is about another key than the one of the answer.");
    case "anotherPair":
      return failed(name, "The report is about another key, or about another TLS certificate.");
    case "key":
    case "keyAndCertificate":
      return nonceCheck(reportData, nonce);
    default:
      return unreachable(binding);
  }
}

/** The report is about the key: whether it was made for whoever asked for it. */
function nonceCheck(reportData: Uint8Array, nonce: string | undefined): AnswerCheck {
  const name = "bindsSigningKey";
  if (nonce === undefined) {
    return passed(
      name,
      "The report is about the key that signed the answer. For which nonce it was made was not looked at.",
    );
  }
  return nonceIn(reportData) === nonce
    ? passed(name, "The report is about the key that signed the answer, and was made for this nonce.")
    : failed(name, "The report is about the key that signed the answer, and was made for another nonce.");
}

function certificateCheck(binding: ReportBinding, fingerprint: string | undefined): AnswerCheck {
  const name = "bindsTlsCertificate";
  if (fingerprint === undefined) {
    return notChecked(name, "It is not known which certificate the enclave showed.");
  }
  return binding === "keyAndCertificate"
    ? passed(name, "The report is about the enclave's TLS certificate.")
    : failed(name, "The report is not about this TLS certificate.");
}

function spelled({ mrtd, rtmrs }: TdxMeasurements): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  return [`It measures MRTD ${hex(mrtd)}`, ...rtmrs.map((one, index) => `RTMR${index} ${hex(one)}`)].join(
    ", ",
  );
}
