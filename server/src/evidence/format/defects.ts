import { ProoflineError } from "../../platform/errors";

/** What is wrong with an evidence file, as a sentence. */
export function defect(reason: string): ProoflineError {
  return new ProoflineError("evidence", reason, "restoreFile");
}

/** An evidence file says what only a later version of Proofline knows. */
export function newer(what: string): ProoflineError {
  return defect(`It was written by a newer Proofline: this one does not know ${what}.`);
}
