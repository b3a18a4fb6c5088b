import type { Summary } from "./summary";

const KIND_NAMES = { line: "line", midLine: "mid-line", block: "several lines" } as const;
const FORM_NAMES = { middle: "middle", end: "end of file" } as const;

/** The results as a Markdown table. */
export function formatTable(results: readonly Summary[]): string {
  const head = [
    "",
    "cursor",
    "form",
    "bits/char",
    "exact",
    "edit similarity",
    "parses",
    "suppressed",
    "shown, characters",
    "precision of shown",
    "first word of shown",
  ];
  const rows = results.map((each) => [
    each.suggester,
    each.kind === undefined ? "all" : KIND_NAMES[each.kind],
    FORM_NAMES[each.form],
    each.bitsPerCharacter === null ? "–" : each.bitsPerCharacter.toFixed(2),
    percent(each.exact),
    each.similarity.toFixed(2),
    percent(each.parses),
    percent(each.suppressed),
    each.shownLength === null ? "–" : each.shownLength.toFixed(0),
    each.precision === null ? "–" : percent(each.precision),
    each.firstWord === null ? "–" : percent(each.firstWord),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index < 3 ? "---" : "---:"))), ...rows.map(line)].join(
    "\n",
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
