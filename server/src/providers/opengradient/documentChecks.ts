import type { Digest } from "../../platform/primitives";
import { attempt, attemptLater } from "../attestation/answerFlaw";
import {
  type AnswerCheck,
  failed,
  flawed,
  notChecked,
  passed,
  REPORT_CHECKS,
} from "../attestation/answerReport";
import type { AnswerParts } from "./answerParts";
import { attestedKey } from "./attestationChain";
import {
  type AttestationDocument,
  bindsSigningKey,
  bindsTlsCertificate,
  isDebugEnclave,
  isDocumentSignedBy,
  measurementHashOf,
  readAttestationDocument,
} from "./attestationDocument";

/** Whether Amazon's hardware vouches for an enclave with this key. @param root SHA-256 of the certificate that decides it */
export async function documentChecks(parts: AnswerParts, root: Digest): Promise<readonly AnswerCheck[]> {
  const { attestation } = parts.saved;
  if (attestation === undefined) {
    return REPORT_CHECKS.map((name) => notChecked(name, "No attestation document came with the answer."));
  }
  const read = attempt(() => readAttestationDocument(Buffer.from(attestation.document, "base64")));
  if ("flaw" in read) {
    return REPORT_CHECKS.map((name, index) =>
      index === 0
        ? flawed(name, "The attestation document counts for nothing", read.flaw)
        : notChecked(name, "The attestation document could not be read."),
    );
  }
  const document = read.value;
  const instant = new Date(attestation.at * 1000);
  const signer = await attemptLater(() => attestedKey(document, instant.getTime(), root));
  if ("flaw" in signer) {
    const [signature, chain, ...others] = REPORT_CHECKS;
    return [
      notChecked(signature, "No key is known that Amazon vouches for."),
      flawed(chain, "Amazon vouches for nothing of it", signer.flaw),
      ...others.map((name) => notChecked(name, "Nobody vouches for the attestation document.")),
    ];
  }
  if (!isDocumentSignedBy(signer.value, document)) {
    const [signature, ...others] = REPORT_CHECKS;
    return [
      failed(signature, "The attestation document is not what Amazon's hypervisor signed."),
      ...others.map((name) => notChecked(name, "The attestation document is not what was signed.")),
    ];
  }
  return [
    passed("documentSignature", "Amazon's hypervisor signed the attestation document."),
    passed(
      "documentChain",
      `Its certificates led to Amazon's pinned root at ${instant.toISOString()}, when it was handed in, as far as is known.`,
    ),
    isDebugEnclave(document)
      ? failed("notDebug", "The enclave ran in debug mode, where its owner can change what it does.")
      : passed("notDebug", "The enclave did not run in debug mode."),
    bindsSigningKey(document, parts.keyBytes)
      ? passed("bindsSigningKey", "The attestation document is about the key that signed the answer.")
      : failed(
          "bindsSigningKey",
          "The attestation document is about another key than the one of the answer.",
        ),
    tlsCheck(document, parts),
    measurementCheck(document, parts),
  ];
}

function tlsCheck(document: AttestationDocument, { saved, entry }: AnswerParts): AnswerCheck {
  const shown = saved.tlsCertificate === undefined ? [] : [Buffer.from(saved.tlsCertificate, "base64")];
  const registered = entry !== null && "value" in entry ? [entry.value.tlsCertificate] : [];
  const certificates = [...shown, ...registered];
  if (certificates.length === 0) {
    return notChecked("bindsTlsCertificate", "It is not known which certificate the enclave showed.");
  }
  return certificates.every((certificate) => bindsTlsCertificate(document, certificate))
    ? passed("bindsTlsCertificate", "The attestation document is about the enclave's TLS certificate.")
    : failed("bindsTlsCertificate", "The attestation document is about another TLS certificate.");
}

function measurementCheck(document: AttestationDocument, { entry }: AnswerParts): AnswerCheck {
  const measured = measurementHashOf(document);
  if (entry === null || "flaw" in entry) {
    return notChecked(
      "measurement",
      `It measures ${measured}, and there is no registry entry to compare it with.`,
    );
  }
  return entry.value.measurementHash === measured
    ? passed("measurement", `It measures the code that the registry entry names: ${measured}.`)
    : failed(
        "measurement",
        `It measures ${measured}, and the registry entry names ${entry.value.measurementHash}.`,
      );
}
