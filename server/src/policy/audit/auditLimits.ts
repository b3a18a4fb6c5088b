import { notChecked } from "../notChecked";
import type { Verdict } from "../verdict";
import type { AuditedLines } from "./auditReport";

/** What the limits of a report are told from. */
export interface LimitFacts {
  readonly lines: AuditedLines;
  readonly verdicts: readonly Verdict[];
  readonly paths: readonly string[];
  readonly gone: number;
  readonly beside: number;
  /** How many suggestions nothing was decided about, as nothing of them was changed since the base. */
  readonly notJudged: number;
  /** Why nobody can tell which rules count. */
  readonly hold: string | null;
}

/** What nobody checked and what nobody can know, as sentences; what no evidence can ever show comes first. */
export function auditLimits(facts: LimitFacts): readonly string[] {
  const { lines, verdicts, paths, gone, beside, notJudged, hold } = facts;
  const without = lines.total - lines.withEvidence;
  return [
    `${many(without, "line has", "lines have")} no evidence. That does not make them human: nobody can tell who or what wrote them.`,
    "Evidence names a device, not a person. Whoever holds its key can sign anything, and nothing tells how a person steered the model.",
    "A time is that of the anchor: by then the statement existed. When the text was written or accepted, nobody can tell.",
    "Nobody checked whether the code is right or safe.",
    ...gapsOf(verdicts),
    ...(verdicts.some(
      ({ checks, findings }) => checks.anchorTrust === "local" && findings.anchor.time !== undefined,
    )
      ? ["Anchors on a local chain are a rehearsal, not a witness: its owner controls it."]
      : []),
    ...(gone === 0
      ? []
      : [
          `${many(gone, "accepted piece is", "accepted pieces are")} not found in today's text: changed, gone, or too short to be told from other text.`,
        ]),
    ...(beside === 0
      ? []
      : [
          `${many(beside, "claim is", "claims are")} not listed, for a better one stands in the same place, or there is too little text to speak for a line.`,
        ]),
    ...(notJudged === 0
      ? []
      : [
          `${many(notJudged, "suggestion was", "suggestions were")} not judged by the rules, for nothing about ${notJudged === 1 ? "it" : "them"} was changed since the base.`,
        ]),
    ...(hold === null ? [] : [hold]),
    ...(paths.length === 0
      ? []
      : [`Only what lies at or below ${paths.map((path) => path || "the top").join(", ")} was looked at.`]),
    ...(lines.isWhole
      ? []
      : ["Git cannot say which files it tracks, so that only files in which suggestions stand are counted."]),
    ...(lines.unread === 0
      ? []
      : [
          `${many(lines.unread, "tracked file is", "tracked files are")} no text or cannot be read, so that no line of ${lines.unread === 1 ? "it" : "them"} is counted.`,
        ]),
  ];
}

/** Each thing that was not checked, with how many suggestions it is about. */
function gapsOf(verdicts: readonly Verdict[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const gap of verdicts.flatMap(({ checks }) => notChecked(checks))) {
    counts.set(gap, (counts.get(gap) ?? 0) + 1);
  }
  // Said of all code, with or without suggestions.
  counts.delete("whether the code is right or safe");
  return [...counts].map(
    ([gap, count]) => `Not checked of ${many(count, "suggestion", "suggestions")}: ${gap}.`,
  );
}

function many(count: number, one: string, several: string): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
}
