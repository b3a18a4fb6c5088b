import { type Subject, subjectKey } from "../../chain/authority/subjects";
import type { UncheckedResult } from "../../evidence/format/verificationResult";
import { environmentDigestOf } from "../../policy/claims";
import type { EvidenceInput } from "../../policy/evidenceIndex";

/** What some evidence names: to digest each batch's environment anew for every look would cost more the longer a repository lasts. */
const known = new WeakMap<readonly EvidenceInput[], readonly Subject[]>();

/** The devices, models and environments that evidence names, and the verifiers of results: of which an authority may have said something. */
export function subjectsIn(
  evidence: readonly EvidenceInput[],
  results: readonly UncheckedResult[],
): readonly Subject[] {
  const named = known.get(evidence) ?? subjectsOf(evidence);
  known.set(evidence, named);
  const all = [...named, ...results.map(({ verifier }): Subject => ({ kind: "verifier", id: verifier }))];
  return [...new Map(all.map((subject) => [subjectKey(subject), subject])).values()];
}

function subjectsOf(evidence: readonly EvidenceInput[]): readonly Subject[] {
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
  return [...found.values()];
}
