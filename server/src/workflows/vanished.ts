import type { SealedBatch, SealedClaim } from "../evidence/format/sealedBatch";
import { PROOFLINE_FOLDER } from "../evidence/repository/places";
import type { EvidenceInput } from "../policy/evidenceIndex";
import type { VanishedEvidence } from "../policy/report";
import { verify } from "../policy/verifyEvidence";
import type { VerifyParameters } from "../policy/verifyParameters";

/** What a base holds and today's folder does not. */
export interface BaseEvidence {
  readonly repositoryIds: readonly string[];
  readonly evidence: readonly EvidenceInput[];
}

/**
 * The claims that evidence of a base makes and today's does not, as far as their text still stands: either their
 * evidence was taken away, or it was replaced by a copy that cannot be believed, or by one that opens less of it.
 *
 * @param unreadable paths at which something lies today that could not even be read
 */
export function findVanished(
  base: BaseEvidence,
  today: VerifyParameters,
  unreadable: ReadonlySet<string> = new Set(),
): readonly VanishedEvidence[] {
  const known = new Set(
    intact(today.evidence, today.repositoryIds).flatMap(({ claims }) => claims.flatMap(openedBy)),
  );
  const evidence = base.evidence.flatMap(({ path, reading }): EvidenceInput[] => {
    if (reading.kind !== "intact") {
      return [];
    }
    const claims = reading.batch.claims.filter((claim) => openedBy(claim).some((one) => !known.has(one)));
    return claims.length === 0
      ? []
      : [{ path, reading: { kind: "intact", batch: { ...reading.batch, claims } } }];
  });
  const broken = new Set([
    ...unreadable,
    ...today.evidence.filter(({ reading }) => reading.kind !== "intact").map(({ path }) => path),
  ]);
  const whole = new Set(today.evidence.map(({ path }) => path));
  const stateOf = (path: string): VanishedEvidence["today"] =>
    broken.has(path) ? "broken" : whole.has(path) ? "other" : "gone";
  const { suggestions } = verify({ ...today, repositoryIds: base.repositoryIds, evidence, journal: [] });
  return suggestions
    .filter(({ checks }) => checks.evidence !== "foreign")
    .map(({ claim, id, path, startLine, evidenceFile }) => ({
      claim,
      id,
      path,
      line: startLine,
      evidenceFile: evidenceFile ?? "",
      today: stateOf(pathIn(evidenceFile ?? "")),
    }));
}

/** The path in `revision:path`; a revision may hold a colon, too. */
function pathIn(evidenceFile: string): string {
  return evidenceFile.slice(evidenceFile.lastIndexOf(`:${PROOFLINE_FOLDER}/`) + 1);
}

/** A claim, and what of it travels, as names: its prompt, and the whole lines of each piece. */
function openedBy({ leafHash, values, pieces }: SealedClaim): readonly string[] {
  return [
    leafHash,
    ...(values === null ? [] : [`${leafHash} prompt`]),
    ...pieces.flatMap(({ saved }, index) => (saved === null ? [] : [`${leafHash} lines ${index}`])),
  ];
}

function intact(
  evidence: readonly EvidenceInput[],
  repositoryIds: readonly string[],
): readonly SealedBatch[] {
  return evidence.flatMap(({ reading }) =>
    reading.kind === "intact" && repositoryIds.includes(reading.batch.facts.repositoryId)
      ? [reading.batch]
      : [],
  );
}
