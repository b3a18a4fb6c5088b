import type { Subject } from "../../chain/authority/subjects";
import { subjectKey } from "../../chain/authority/subjects";
import type { UncheckedResult } from "../../evidence/format/verificationResult";
import { environmentDigestOf } from "../../policy/claims";
import type { EvidenceInput } from "../../policy/evidenceIndex";

/** The devices, models and environments that evidence names, and the verifiers of results: of which an authority may have said something. */
export function subjectsIn(
  evidence: readonly EvidenceInput[],
  results: readonly UncheckedResult[],
): readonly Subject[] {
  const found = new Map<string, Subject>();
  const add = (subject: Subject): void => {
    found.set(subjectKey(subject), subject);
  };
  for (const { reading } of evidence) {
    if (reading.batch === null) {
      continue;
    }
    const { device, facts } = reading.batch;
    add({ kind: "device", id: device });
    if (facts.execution.kind === "replayable") {
      add({ kind: "model", id: facts.execution.model.manifestDigest });
    }
    const environment = environmentDigestOf(facts.execution);
    if (environment !== null) {
      add({ kind: "environment", id: environment });
    }
  }
  for (const { verifier } of results) {
    add({ kind: "verifier", id: verifier });
  }
  return [...found.values()];
}
