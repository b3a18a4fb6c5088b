import { ProoflineError } from "../../platform/errors";

/** A signature that does not count. `reason` is a full sentence. */
export function signatureError(reason: string, cause?: unknown): ProoflineError {
  return new ProoflineError("model.signature", reason, "askSigner", { cause });
}
