import { ProoflineError } from "../../platform/errors";
import { readEvidence } from "./readEvidence";
import { type SealBatchParameters, type SealedEvidence, sealBatch } from "./sealBatch";

/**
 * Seals a batch and reads it as anybody else will: what its author's own reader refuses must not be signed for, paid for and anchored.
 *
 * @throws ProoflineError `evidence` where nobody could read it, and what `sealBatch` throws
 */
export function readableBatch(parameters: SealBatchParameters): SealedEvidence {
  const sealed = sealBatch(parameters);
  const reading = readEvidence(Buffer.from(sealed.evidence));
  if (reading.kind !== "intact" || reading.batch.batchRoot !== sealed.batchRoot) {
    const why = reading.kind === "intact" ? "It reads as another batch." : reading.reason;
    throw new ProoflineError(
      "evidence",
      `The batch would be evidence that nobody can read: ${why}`,
      "anchorMoreOften",
    );
  }
  return sealed;
}
