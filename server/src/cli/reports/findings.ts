import { unreachable } from "../../platform/errors";
import type { Report } from "../../policy/report";
import type { Verdict } from "../../policy/verdict";
import type { Summary } from "../../protocol/verdictWords";

/** How much a finding weighs: `error` ends `verify` badly, `note` is worth reading. */
export type Level = "error" | "warning" | "note";

/** One thing that a report tells of a repository, whatever its form. */
export interface Finding {
  /** What kind of thing it is: a verdict's word, `vanished`, or `file`. */
  readonly rule: Summary | "vanished" | "file";
  readonly level: Level;
  /** Below the repository's top, with `/`. */
  readonly path: string;
  /** One-based and inclusive; `null` where it has no place. */
  readonly lines: { readonly start: number; readonly end: number } | null;
  /** One-based columns in UTF-16 code units, the end after the last one; `null` where there is no place. */
  readonly columns: { readonly start: number; readonly end: number } | null;
  /** Whole sentences. */
  readonly message: string;
  /** The same for the same thing in every run, and for no other. */
  readonly key: string;
  /** Its label, where it is a suggestion's. */
  readonly id: string | null;
}

/** What ends `verify` badly, and what waits for its anchor, in the order of files and lines. */
export function findingsOf(report: Report, isGood: (summary: Summary) => boolean): readonly Finding[] {
  return [
    ...report.suggestions.filter(({ summary }) => !isGood(summary)).map(ofVerdict),
    ...report.vanished.map(
      ({ claim, id, path, line, evidenceFile }): Finding => ({
        rule: "vanished",
        level: "error",
        path,
        lines: line === null ? null : { start: line, end: line },
        columns: null,
        message: `The text of suggestion ${id} stands here, and its evidence (${evidenceFile}) does not. Restore that evidence, or take the lines out.`,
        key: `vanished ${claim} ${path}`,
        id,
      }),
    ),
    ...report.files.map(
      ({ path, problem }): Finding => ({
        rule: "file",
        level: "error",
        path,
        lines: null,
        columns: null,
        message: problem,
        key: `file ${path} ${problem}`,
        id: null,
      }),
    ),
  ];
}

function ofVerdict(verdict: Verdict): Finding {
  const { key, id, path, summary, reasons, startLine, endLine, startColumn, endColumn } = verdict;
  return {
    rule: summary,
    level: levelOf(summary),
    path,
    lines: startLine === null || endLine === null ? null : { start: startLine, end: endLine },
    columns: startColumn === null || endColumn === null ? null : { start: startColumn, end: endColumn },
    message: `Accepted suggestion, ${summary}: ${reasons.join(" ")}`.trimEnd(),
    key,
    id,
  };
}

function levelOf(summary: Summary): Level {
  switch (summary) {
    case "pending":
      return "note";
    case "verified":
    case "attested":
    case "anchored":
    case "stated":
      return "warning";
    case "failed":
    case "unknown":
    case "unverified":
    case "edited":
      return "error";
    default:
      return unreachable(summary);
  }
}
