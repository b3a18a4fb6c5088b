import { EVIDENCE_FOLDER, POLICY_FILE } from "../evidence/repository/places";
import { EvidenceIndex } from "../policy/evidenceIndex";
import type { FileProblem } from "../policy/report";
import { SHARED_REMEDIES } from "../protocol/sharedRemedies";
import type { RepositoryContents } from "./readRepository";

/** Whether a problem is one of the evidence files, or of their folder. */
export function isOfEvidence({ path }: FileProblem): boolean {
  return path.startsWith(EVIDENCE_FOLDER);
}

const RESTORE_ID = "Restore the files of .proofline/repository from version control.";

/**
 * What a person can do about a file that cannot be believed, as a sentence: a file that is broken is restored; one that
 * is whole needs the repository's id, or does not belong here.
 */
export function fileRemedy(
  { path }: FileProblem,
  { repositoryIds, evidence }: Pick<RepositoryContents, "repositoryIds" | "evidence">,
): string {
  if (path === POLICY_FILE) {
    return "Correct the policy, or restore it from version control.";
  }
  const reading = EvidenceIndex.of(evidence).inputAt(path)?.reading;
  if (reading?.kind === "newer") {
    return "Update Proofline to read it.";
  }
  if (reading?.kind !== "intact") {
    return SHARED_REMEDIES.restoreFile;
  }
  if (repositoryIds.length === 0) {
    return RESTORE_ID;
  }
  return repositoryIds.includes(reading.batch.facts.repositoryId)
    ? "Ask whoever has that device what it sealed, and keep the file until you know."
    : `Take the file away if it came from elsewhere. If an id was taken away: ${RESTORE_ID}`;
}
