import type { Report } from "../../policy/report";
import { SUMMARIES } from "../../protocol/verdictWords";
import { visibleCode, visibleMarkdown } from "../../protocol/visibleMarkdown";
import type { Finding } from "./findings";

/** More rows than this nobody reads, and hosts cut what is longer. */
const MOST_ROWS = 50;

/**
 * A report for a pull request: how many of what, and what falls short. Text from the repository can neither link nor format.
 *
 * @param notes what is to be known beside, as sentences
 */
export function markdownSummary(
  { summary, gone }: Report,
  findings: readonly Finding[],
  hasEvidence: boolean,
  notes: readonly string[] = [],
): string {
  const counts = [...SUMMARIES].reverse().filter((word) => summary[word] > 0);
  const total = counts.reduce((sum, word) => sum + summary[word], 0);
  return [
    `## Proofline: ${findings.every(({ level }) => level === "warning") ? "every accepted suggestion holds" : "not every accepted suggestion holds"}`,
    total === 0
      ? hasEvidence
        ? "No accepted suggestion stands in this text."
        : "This repository holds no evidence of accepted suggestions."
      : [
          "| verdict | suggestions |",
          "| --- | ---: |",
          ...counts.map((word) => `| ${word} | ${summary[word]} |`),
        ].join("\n"),
    ...(findings.length === 0 ? [] : [table(findings)]),
    ...(findings.length > MOST_ROWS ? [`And ${findings.length - MOST_ROWS} more.`] : []),
    ...(gone.length === 0
      ? []
      : [
          `Not found in today's text: ${gone.length} (changed, gone, or too short to be told from other text).`,
        ]),
    ...notes.map((note) => visibleMarkdown(note, 1_000)),
    "Lines without evidence are not said to be anybody's.",
  ].join("\n\n");
}

function table(findings: readonly Finding[]): string {
  const rows = findings.slice(0, MOST_ROWS).map(({ path, lines, rule, message }) => {
    // A bar would end the cell, also within code.
    const place = `${visibleCode(path).replaceAll("|", "\\|")}${lines === null ? "" : `:${lines.start}`}`;
    return `| ${place} | ${rule} | ${visibleMarkdown(message, 1_000)} |`;
  });
  return ["| where | what | why |", "| --- | --- | --- |", ...rows].join("\n");
}
