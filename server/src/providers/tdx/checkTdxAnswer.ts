import * as z from "zod";
import { sha256Digest } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";
import { attempt } from "../attestation/answerFlaw";
import { type AnswerReport, notChecked } from "../attestation/answerReport";
import type { AttestationScheme } from "../attestation/attestationScheme";
import { judgeAnswer } from "../attestation/judgeAnswer";
import { INTEL_ROOT, quoteChecks } from "./quoteChecks";
import type { SavedTdxAnswer } from "./savedTdxAnswer";
import { readSignedText } from "./signedText";
import type { TdxAnswerParts } from "./tdxAnswerParts";
import { signatureCheck, signedBytesChecks, signingKeyCheck } from "./textChecks";

/**
 * Checks an answer of an enclave in an Intel TDX trust domain, each check by itself and with its own reason. It reads nothing and asks
 * nobody.
 *
 * @param root SHA-256 of the certificate that decides which hardware is believed; Intel's unless said
 */
export function checkTdxAnswer(saved: SavedTdxAnswer, root = INTEL_ROOT): Promise<AnswerReport> {
  return judgeAnswer(tdxScheme(root), {
    saved,
    text: attempt(() => readSignedText(saved.signature.text)),
    requestHash: sha256Digest(saved.request),
    answerHash: sha256Digest(saved.answer),
  });
}

const NO_REGISTRY = "No registry is known that tells of such enclaves and of code that is approved for them.";

function tdxScheme(root: Digest): AttestationScheme<TdxAnswerParts> {
  return {
    signedBytes: signedBytesChecks,
    signingKey: signingKeyCheck,
    signature: signatureCheck,
    registry: () =>
      (["registryEntry", "enclaveEnabled", "codeApproved", "codeStillApproved"] as const).map((name) =>
        notChecked(name, NO_REGISTRY),
      ),
    report: ({ saved }) => quoteChecks(saved, root),
    settlement: () => notChecked("settlement", "Such answers are not settled on any chain."),
    named: ({ saved }) => ({
      enclave: saved.signature.signing_address,
      timestamp: null,
      model: modelOf(saved.request),
    }),
    words: {
      attested:
        "An enclave on Intel's hardware signed this answer. Whether anybody approves its code was not checked.",
      signed:
        "The holder of this key signed this answer. That this is an enclave on hardware that Intel calls up to date was not shown.",
      environment:
        "Whether anybody has rebuilt this enclave's code from its source is not known here, and what its graphics cards say of themselves is not looked at.",
    },
  };
}

const Request = z.object({ model: z.string() });

/** The model that a request asks for; `null` where it is none. */
function modelOf(request: string): string | null {
  try {
    return Request.parse(JSON.parse(request)).model;
  } catch {
    return null;
  }
}
