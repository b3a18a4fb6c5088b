import type { Decision } from "../../policy/decision";
import type { Reaction } from "../../policy/file/policyFile";
import type { Report } from "../../policy/report";
import type { Verdict } from "../../policy/verdict";
import type { Summary } from "../../protocol/verdictWords";

/** How much a finding weighs: `error` and `note` end `verify` badly, a `note` until its anchor comes; a `warning` is worth reading. */
export type Level = "error" | "warning" | "note";

/** One thing that a report tells of a repository, whatever its form. */
export interface Finding {
  /** What kind of thing it is: a verdict's word, `vanished`, `unattributed`, or `file`. */
  readonly rule: Summary | "vanished" | "unattributed" | "file";
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

/** What a report is judged by. */
export interface Judge {
  /** `null` for what there is nothing to decide about. */
  decide(verdict: Verdict): Decision | null;
  /** What happens to changed lines without evidence. */
  readonly unattributed: Reaction;
}

/** What ends `verify` badly, what waits for its anchor, and what is only reported, in the order of files and lines. */
export function findingsOf(report: Report, { decide, unattributed }: Judge): readonly Finding[] {
  return [
    ...report.suggestions.flatMap((verdict) => ofVerdict(verdict, decide(verdict))),
    ...(unattributed === "allow" ? [] : report.unattributed).map(
      ({ path, startLine, endLine }): Finding => ({
        rule: "unattributed",
        level: unattributed === "refuse" ? "error" : "warning",
        path,
        lines: { start: startLine, end: endLine },
        columns: null,
        message: "These changed lines have no evidence, so that nobody can tell who or what wrote them.",
        key: `unattributed ${path} ${startLine}`,
        id: null,
      }),
    ),
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
      ({ path, problem, line }): Finding => ({
        rule: "file",
        level: "error",
        path,
        lines: line === undefined ? null : { start: line, end: line },
        columns: null,
        message: problem,
        key: `file ${path} ${problem}`,
        id: null,
      }),
    ),
  ];
}

function ofVerdict(verdict: Verdict, decision: Decision | null): readonly Finding[] {
  const { key, id, path, summary, reasons, startLine, endLine, startColumn, endColumn } = verdict;
  if (decision === null || decision.kind === "good") {
    return [];
  }
  const why = decision.why === null ? [] : [decision.why];
  return [
    {
      rule: summary,
      level: LEVELS[decision.kind],
      path,
      lines: startLine === null || endLine === null ? null : { start: startLine, end: endLine },
      columns: startColumn === null || endColumn === null ? null : { start: startColumn, end: endColumn },
      message: `Accepted suggestion, ${summary}: ${[...why, ...reasons].join(" ")}`.trimEnd(),
      key,
      id,
    },
  ];
}

const LEVELS: Readonly<Record<Exclude<Decision["kind"], "good">, Level>> = {
  refuse: "error",
  report: "warning",
  waits: "note",
};
