import { rfc3339 } from "../../platform/rfc3339";
import { visibleText } from "../../protocol/visibleText";
import type { AuditedRepository, AuditedSuggestion, AuditReport } from "./auditReport";
import {
  decisionWords,
  headline,
  otherShortfalls,
  reasonsOf,
  rulesWords,
  stateWords,
  WITHOUT_EVIDENCE,
} from "./auditWords";

const COLUMNS = [
  "record",
  "repository",
  "path",
  "start_line",
  "end_line",
  "start_column",
  "end_column",
  "verdict",
  "decision",
  "why",
  "kind",
  "model",
  "model_digest",
  "device",
  "onchain_since",
  "chain",
  "chain_id",
  "block",
  "transaction",
  "anchor_trust",
  "evidence_file",
  "suggestion",
  "claim",
] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string | number | null>>;

/** The longest value, in UTF-16 code units as shown. Paths have up to 4,096 characters. */
const LONGEST = 32_000;

/**
 * A report as comma-separated values (RFC 4180, UTF-8), without the line ends that follow each row (CR LF). The first row is the header.
 * `record` says what a row is: a `suggestion`; what falls short beside suggestions (`vanished`, `no evidence`, `file`); or a `note`, whose
 * sentence is the `why`. Columns count UTF-16 code units, `end_column` is the one after the last; times are as in RFC 3339.
 */
export function auditCsv({ repositories }: AuditReport): readonly string[] {
  return [COLUMNS.join(","), ...repositories.flatMap(rowsOf).map(csvRow)];
}

function rowsOf(repository: AuditedRepository): readonly Row[] {
  const { name, suggestions, notes, limits } = repository;
  const sentences = [
    headline(repository),
    WITHOUT_EVIDENCE,
    ...stateWords(repository),
    `Judged by ${rulesWords(repository)}.`,
    ...notes,
    ...limits,
  ];
  return [
    ...suggestions.map((one) => ({ repository: name, ...suggestionRow(one) })),
    ...otherShortfalls(repository).map(({ what, path, startLine, endLine, id, why }) => ({
      ...{ record: what, repository: name, path, start_line: startLine, end_line: endLine },
      ...{ why, suggestion: id },
    })),
    ...sentences.map((why) => ({ record: "note", repository: name, why })),
  ];
}

function suggestionRow(suggestion: AuditedSuggestion): Row {
  const { path, startLine, endLine, startColumn, endColumn, summary, decision, kind, model } = suggestion;
  const { device, anchor, evidenceFile, id, claim } = suggestion;
  return {
    record: "suggestion",
    path,
    start_line: startLine,
    end_line: endLine,
    start_column: startColumn,
    end_column: endColumn,
    verdict: summary,
    decision: decisionWords(decision) || "good",
    why: reasonsOf(suggestion).join(" "),
    kind,
    model: model?.name ?? null,
    model_digest: model?.manifestDigest ?? null,
    device,
    // A time that no calendar reaches stays a number of seconds.
    onchain_since: anchor === null ? null : (rfc3339(anchor.since) ?? anchor.since),
    chain: anchor?.chainName ?? null,
    chain_id: anchor?.chainId ?? null,
    block: anchor?.blockNumber ?? null,
    transaction: anchor?.transaction ?? null,
    anchor_trust: anchor?.trust ?? null,
    evidence_file: evidenceFile,
    suggestion: id,
    claim,
  };
}

function csvRow(row: Row): string {
  return COLUMNS.map((column) => csvCell(row[column] ?? null)).join(",");
}

/** What spreadsheets take for the beginning of a formula, in the wide forms of East Asia, too (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/u;

/**
 * One cell. Text is shown letter by letter, so that it has no line ends and no tabs; an apostrophe in front keeps spreadsheets from
 * reading it as a formula.
 */
function csvCell(value: string | number | null): string {
  if (typeof value !== "string") {
    return value === null ? "" : String(value);
  }
  const shown = visibleText(value, LONGEST);
  const harmless = FORMULA.test(shown) ? `'${shown}` : shown;
  return /[",;\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
