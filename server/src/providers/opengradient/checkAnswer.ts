import type { Digest } from "../../platform/primitives";
import { AnswerFlaw, attempt } from "../attestation/answerFlaw";
import type { AnswerCheck, AnswerReport } from "../attestation/answerReport";
import type { AttestationScheme, SchemeWords } from "../attestation/attestationScheme";
import { judgeAnswer } from "../attestation/judgeAnswer";
import type { AnswerParts } from "./answerParts";
import { readSigningKey } from "./answerSignature";
import { AWS_NITRO_ROOT } from "./attestationChain";
import { canonicalRequest } from "./canonicalRequest";
import { documentChecks } from "./documentChecks";
import { registryChecks } from "./registryChecks";
import { decodeRegistryEntry } from "./registryEntry";
import type { RegistryTestimony } from "./registryTestimony";
import type { AnswerToCheck } from "./savedAnswer";
import { settlementCheck } from "./settlementCheck";
import type { SettlementTestimony } from "./settlementTestimony";
import { signatureCheck, signedBytesChecks, signingKeyCheck } from "./signatureChecks";
import { readAnswer } from "./signedAnswer";

/** What an answer is judged by beside itself. */
export interface CheckAnswerOptions {
  /** What the chain says; `null` where nobody asked it. */
  readonly registry?: RegistryTestimony | null;
  /** What the chain says of the settlement; `null` where nobody asked it. */
  readonly settlement?: SettlementTestimony | null;
  /** SHA-256 of the root certificate that vouches for attestation documents; Amazon's unless said. */
  readonly root?: Digest;
  /** Further checks of whoever keeps the answer. One that fails decides, as any other does. */
  readonly further?: (parts: AnswerParts) => readonly AnswerCheck[];
}

/**
 * Checks an answer that somebody kept, each check by itself and with its own reason. It reads nothing and asks nobody: what the file
 * says of the registry is compared, and can contradict the answer, but never counts for it.
 */
export async function checkAnswer(
  kept: AnswerToCheck,
  { registry = null, settlement = null, root = AWS_NITRO_ROOT, further = () => [] }: CheckAnswerOptions = {},
): Promise<AnswerReport> {
  const saved = withDocument(kept, registry);
  const request = attempt(() => canonicalRequest(saved.request));
  const answer = attempt(() => readAnswer(saved.answer.kind, saved.answer.text));
  const keyBytes = Buffer.from(saved.signingKey ?? "", "base64");
  const key =
    saved.signingKey === null
      ? { flaw: new AnswerFlaw("unknown", "the registry was not asked for it") }
      : attempt(() => readSigningKey(keyBytes));
  const entryBytes = registry === null ? (saved.registryEntry ?? null) : registry.whenSigned.entry;
  const entry = entryBytes === null ? null : attempt(() => decodeRegistryEntry(entryBytes));
  const parts: AnswerParts = { saved, request, answer, keyBytes, key, entry, registry };
  return judgeAnswer(openGradientScheme(root, settlement), parts, further(parts));
}

/** @param root SHA-256 of the certificate that decides who vouches for attestation documents */
function openGradientScheme(
  root: Digest,
  settlement: SettlementTestimony | null,
): AttestationScheme<AnswerParts> {
  return {
    signedBytes: signedBytesChecks,
    signingKey: signingKeyCheck,
    signature: signatureCheck,
    registry: registryChecks,
    report: (parts) => documentChecks(parts, root),
    settlement: (parts) => settlementCheck(parts, settlement),
    named: ({ request, answer }) => ({
      enclave: "value" in answer ? answer.value.enclave : null,
      timestamp: "value" in answer ? answer.value.timestamp : null,
      model: "value" in request ? request.value.model : null,
    }),
    words: OPENGRADIENT_WORDS,
  };
}

export const OPENGRADIENT_WORDS: SchemeWords = {
  attested:
    "An enclave on Amazon's hardware signed this answer. Whether OpenGradient's registry approved its code was not checked.",
  signed:
    "The holder of this key signed this answer. Whether that is an enclave, and an approved one, was not checked.",
  environment: "Whether anybody has rebuilt this enclave's code from its source is not known here.",
};

/** A document that came with the answer, or the one with which its enclave was registered. */
function withDocument(kept: AnswerToCheck, registry: RegistryTestimony | null): AnswerToCheck {
  const registration = registry?.registration ?? null;
  if (kept.attestation !== undefined || registration === null) {
    return kept;
  }
  const document = Buffer.from(registration.document).toString("base64");
  return { ...kept, attestation: { document, at: registration.at } };
}
