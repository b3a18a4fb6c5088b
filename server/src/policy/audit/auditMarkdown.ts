import { groupBy } from "../../platform/groupBy";
import { visibleMarkdown } from "../../protocol/visibleMarkdown";
import type { AuditedRepository, AuditedSuggestion, AuditReport } from "./auditReport";
import {
  chainWords,
  countedWords,
  decisionWords,
  deviceWords,
  headline,
  kindWords,
  linesWords,
  MOST_SHORT,
  madeWords,
  modelWords,
  number,
  otherShortfalls,
  placeWords,
  reasonsOf,
  remarkWords,
  rulesWords,
  shortSuggestions,
  sinceWords,
  stateWords,
  VERDICT_MEANINGS,
  WITHOUT_EVIDENCE,
} from "./auditWords";

/** The longest value, in UTF-16 code units before it is escaped. */
const LONGEST = 5_000;

/** A report as Markdown (CommonMark with GitHub's tables). Text from the repository can neither link, format nor end a cell. */
export function auditMarkdown(report: AuditReport): string {
  return ["# Proofline report", madeWords(report), ...report.repositories.flatMap(sectionsOf)].join("\n\n");
}

function sectionsOf(repository: AuditedRepository): readonly string[] {
  const { name, notes, limits, suggestions } = repository;
  return [
    `## ${text(name)}`,
    `**${headline(repository)}** ${WITHOUT_EVIDENCE}`,
    [...stateWords(repository).map(text), countedWords(repository)].join(" "),
    ...totals(repository),
    `### What falls short under ${text(rulesWords(repository))}`,
    ...notes.map(text),
    ...shortfalls(repository),
    "### Every suggestion, by file",
    ...(suggestions.length === 0 ? ["No accepted suggestion stands in this text."] : []),
    ...[...groupBy(suggestions, ({ path }) => path)].flatMap(([path, own]) => [
      `#### ${text(path)}`,
      table(
        ["place", "verdict", "why", "model", "kind", "device", "onchain since", "chain", "evidence"],
        own.map(suggestionCells),
      ),
    ]),
    "### What was not checked, and what cannot be known",
    limits.map((limit) => `- ${text(limit)}`).join("\n"),
  ];
}

function totals({ byVerdict, byModel, byDevice, byMonth }: AuditedRepository): readonly string[] {
  const tables: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    [
      "verdict",
      byVerdict.map(({ summary, lines, suggestions }) => [
        `**${summary}**: ${VERDICT_MEANINGS[summary]}`,
        number(lines),
        number(suggestions),
      ]),
    ],
    ["model", byModel.map((one) => [text(modelWords(one)), number(one.lines), number(one.suggestions)])],
    ["device", byDevice.map((one) => [text(deviceWords(one)), number(one.lines), number(one.suggestions)])],
    [
      "month of the anchor",
      byMonth.map(({ month, lines, suggestions }) => [
        month ?? "no chain tells a time",
        number(lines),
        number(suggestions),
      ]),
    ],
  ];
  return tables.flatMap(([name, rows]) =>
    rows.length === 0 ? [] : [table([name, "lines", "suggestions"], rows)],
  );
}

function shortfalls(repository: AuditedRepository): readonly string[] {
  const rows = [
    ...otherShortfalls(repository).map(({ what, path, startLine, endLine, why }) => [
      `${text(path)}${startLine === null ? "" : `, ${linesWords(startLine, endLine)}`}`,
      what,
      text(why),
    ]),
    ...shortSuggestions(repository).map((one) => [
      `${text(one.path)}, ${placeWords(one)}`,
      `${one.summary}, ${decisionWords(one.decision)}`,
      text(reasonsOf(one).join(" ")),
    ]),
  ];
  if (rows.length === 0) {
    return ["Nothing."];
  }
  const more = rows.length - MOST_SHORT;
  return [
    table(["where", "what", "why"], rows.slice(0, MOST_SHORT)),
    ...(more > 0 ? [`And ${number(more)} more, which the list below marks.`] : []),
  ];
}

function suggestionCells(one: AuditedSuggestion): readonly string[] {
  const decision = decisionWords(one.decision);
  return [
    placeWords(one),
    [one.summary, ...remarkWords(one.remarks), ...(decision === "" ? [] : [decision])].join(" · "),
    text(reasonsOf(one).join(" ")),
    text(modelWords(one)),
    kindWords(one.kind),
    text(deviceWords(one)),
    sinceWords(one),
    text(chainWords(one)),
    text(one.evidenceFile ?? "in the journal only"),
  ];
}

/** @param rows cells that are Markdown already */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [
    `| ${head.join(" | ")} |`,
    `| ${head.map(() => "---").join(" | ")} |`,
    ...rows.map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");
}

/** What may hold words of the repository. All else here is of our own words and numbers. */
function text(value: string): string {
  return visibleMarkdown(value, LONGEST);
}
