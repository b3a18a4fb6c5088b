import { createHash } from "node:crypto";
import { groupBy } from "../../platform/groupBy";
import { SUMMARIES, type Summary } from "../../protocol/verdictWords";
import { visibleText } from "../../protocol/visibleText";
import type { AuditedRepository, AuditedSuggestion, AuditReport } from "./auditReport";
import { AUDIT_STYLE } from "./auditStyle";
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
  percent,
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

/** The longest value, in UTF-16 code units as shown. */
const LONGEST = 5_000;

/** Markup of ours. What is no `Markup` becomes one by `text` alone, which leaves nothing that a browser would take for markup. */
type Markup = string & { readonly markup: unique symbol };

/**
 * A report as one page of HTML that needs nothing but itself: no script, no network, no font or image. Its policy (CSP, level 3) has a
 * browser load and run nothing, whatever the page says, and apply this very style alone.
 */
export function auditHtml(report: AuditReport): string {
  const { repositories } = report;
  const [only] = repositories;
  const isOne = repositories.length === 1 && only !== undefined;
  const title = isOne ? html`Proofline report: ${text(only.name)}` : html`Proofline report`;
  const hash = createHash("sha256").update(AUDIT_STYLE, "utf8").digest("base64");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${own(hash)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${own(AUDIT_STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
<header>
<h1>${title}</h1>
<p class="quiet">${text(madeWords(report))}</p>
</header>
<nav aria-label="Parts of this page">
<ul>
${all(repositories.flatMap((one, index) => PARTS.map(([id, name]) => html`<li><a href="#${partId(index, id)}">${own(name)}${isOne ? own("") : html` of ${text(one.name)}`}</a></li>\n`)))}</ul>
</nav>
<main id="main">
${all(repositories.map((one, index) => sectionOf(one, index, isOne)))}</main>
<footer>
<p class="quiet">This page is a copy of what was found. The evidence lies in the repository: whoever clones it can check it with <code>proofline verify</code>.</p>
</footer>
</body>
</html>`;
}

const PARTS = [
  ["lines", "Lines with evidence"],
  ["short", "What falls short"],
  ["all", "Every suggestion, by file"],
  ["limits", "What cannot be known"],
] as const;

type PartId = (typeof PARTS)[number][0];

function sectionOf(repository: AuditedRepository, index: number, isOne: boolean): Markup {
  const { name, notes, limits, suggestions } = repository;
  const parts: readonly (readonly [PartId, Markup, Markup])[] = [
    ["lines", own("Lines with evidence"), linesOf(repository)],
    [
      "short",
      html`What falls short under ${text(rulesWords(repository))}`,
      html`${all(notes.map((note) => html`<p>${text(note)}</p>\n`))}${shortfalls(repository, index)}`,
    ],
    ["all", own("Every suggestion, by file"), filesOf(suggestions, index)],
    [
      "limits",
      own("What was not checked, and what cannot be known"),
      html`<ul class="limits">\n${all(limits.map((limit) => html`<li>${text(limit)}</li>\n`))}</ul>\n`,
    ],
  ];
  const level = own(isOne ? "h2" : "h3");
  const sections = parts.map(
    ([part, heading, content]) =>
      html`<section aria-labelledby="${partId(index, part)}">\n<${level} id="${partId(index, part)}">${heading}</${level}>\n${content}</section>\n`,
  );
  return isOne ? all(sections) : html`<h2>${text(name)}</h2>\n${all(sections)}`;
}

function linesOf(repository: AuditedRepository): Markup {
  const { byVerdict, byModel, byDevice, byMonth, lines } = repository;
  return html`<p class="lead">${text(headline(repository))}</p>
<p>${text(WITHOUT_EVIDENCE)}</p>
${bar(repository)}<p class="quiet">${text([...stateWords(repository), countedWords(repository)].join(" "))}</p>
<div class="tables">
${countTable(
  "By verdict",
  "Verdict",
  "A line counts for the worst word on it.",
  lines.total,
  byVerdict.map((one) => [html`${wordOf(one.summary)}: ${text(VERDICT_MEANINGS[one.summary])}`, one]),
)}${countTable(
  "By model",
  "Model",
  "",
  lines.total,
  byModel.map((one) => [text(modelWords(one)), one]),
)}${countTable(
  "By device",
  "Device",
  "",
  lines.total,
  byDevice.map((one) => [text(deviceWords(one)), one]),
)}${countTable(
  "By month of the anchor (UTC)",
  "Month",
  "Only the anchor's time is evidence of time.",
  lines.total,
  byMonth.map((one) => [text(one.month ?? "no chain tells a time"), one]),
)}</div>
`;
}

interface Counted {
  readonly lines: number;
  readonly suggestions: number;
}

function countTable(
  caption: string,
  head: string,
  remark: string,
  total: number,
  rows: readonly (readonly [Markup, Counted])[],
): Markup {
  if (rows.length === 0) {
    return own("");
  }
  const said = remark === "" ? own("") : html` <span class="quiet">${text(remark)}</span>`;
  return html`<table>
<caption>${text(caption)}${said}</caption>
<thead><tr><th scope="col">${text(head)}</th><th scope="col" class="n">Lines</th><th scope="col" class="n">Of all</th><th scope="col" class="n">Suggestions</th></tr></thead>
<tbody>
${all(rows.map(([name, { lines, suggestions }]) => html`<tr><th scope="row">${name}</th><td class="n">${text(number(lines))}</td><td class="n">${text(percent(lines, total))}</td><td class="n">${text(number(suggestions))}</td></tr>\n`))}</tbody>
</table>
`;
}

/** How much of all lines each verdict has, as a picture of what the table beside it says. */
function bar({ byVerdict, lines: { total } }: AuditedRepository): Markup {
  let at = 0;
  const parts = byVerdict.map(({ summary, lines }) => {
    const width = total === 0 ? 0 : (lines / total) * 1_000;
    const part = html`<rect class="${own(summary)}" x="${own(at.toFixed(2))}" width="${own(width.toFixed(2))}" height="10"/>`;
    at += width;
    return part;
  });
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${all(parts)}</svg>\n`;
}

function shortfalls(repository: AuditedRepository, index: number): Markup {
  const numbers = new Map(repository.suggestions.map((one, at) => [one, at]));
  const rows = [
    ...otherShortfalls(repository).map(({ what, path, startLine, endLine, why }) => ({
      where: html`<bdi class="path">${text(path)}</bdi>${startLine === null ? own("") : html`, ${text(linesWords(startLine, endLine))}`}`,
      what: html`<b>${text(what)}</b>: ${text(why)}`,
    })),
    ...shortSuggestions(repository).map((one) => ({
      where: html`<a href="#${suggestionId(index, numbers.get(one) ?? 0)}"><bdi class="path">${text(one.path)}</bdi>, ${text(placeWords(one))}</a>`,
      what: html`${wordOf(one.summary)}, ${text(`${decisionWords(one.decision)}: ${reasonsOf(one).join(" ")}`)}`,
    })),
  ];
  if (rows.length === 0) {
    return own("<p>Nothing.</p>\n");
  }
  const more = rows.length - MOST_SHORT;
  return html`<table>
<caption>${text(number(rows.length))} ${own(rows.length === 1 ? "thing falls short" : "things fall short or wait")}</caption>
<thead><tr><th scope="col" class="where">Where</th><th scope="col">What and why</th></tr></thead>
<tbody>
${all(rows.slice(0, MOST_SHORT).map(({ where, what }) => html`<tr><th scope="row">${where}</th><td>${what}</td></tr>\n`))}</tbody>
</table>
${more > 0 ? html`<p>And ${text(number(more))} more, which the list below marks.</p>\n` : own("")}`;
}

function filesOf(suggestions: readonly AuditedSuggestion[], index: number): Markup {
  if (suggestions.length === 0) {
    return own("<p>No accepted suggestion stands in this text.</p>\n");
  }
  const numbered = suggestions.map((one, at) => ({ one, id: suggestionId(index, at) }));
  const files = groupBy(numbered, ({ one }) => one.path);
  // What fits on a page or two needs no opening.
  const open = own(suggestions.length <= 20 ? " open" : "");
  return all(
    [...files].map(([path, inFile]) => {
      const words = [...SUMMARIES].reverse().flatMap((summary) => {
        const count = inFile.filter(({ one }) => one.summary === summary).length;
        return count === 0 ? [] : [`${number(count)} ${summary}`];
      });
      return html`<details${open}>
<summary><bdi class="path">${text(path)}</bdi>: ${text(words.join(", "))}</summary>
<ul class="all">
${all(inFile.map(({ one, id }) => suggestionItem(one, id)))}</ul>
</details>
`;
    }),
  );
}

function suggestionItem(one: AuditedSuggestion, id: Markup): Markup {
  const decision = decisionWords(one.decision);
  const said = [...remarkWords(one.remarks), ...(decision === "" ? [] : [decision])];
  const reasons = reasonsOf(one).join(" ");
  const facts: readonly (readonly [string, string])[] = [
    ["Model", modelWords(one)],
    ["Kind", kindWords(one.kind)],
    ["Device", deviceWords(one)],
    ["Since", sinceWords(one)],
    ["Chain", chainWords(one)],
    ["Evidence", one.evidenceFile ?? "in the journal only"],
  ];
  const place = placeWords(one);
  return html`<li id="${id}"><p><b>${text(`${place.charAt(0).toUpperCase()}${place.slice(1)}`)}</b>: ${wordOf(one.summary)}${text(said.map((word) => `, ${word}`).join(""))}</p>${reasons === "" ? own("") : html`<p>${text(reasons)}</p>`}<dl>${all(facts.map(([name, value]) => html`<div><dt>${own(name)}<dd>${text(value)}</div>`))}</dl>\n`;
}

function wordOf(summary: Summary): Markup {
  return html`<b class="${own(summary)}">${own(summary)}</b>`;
}

function partId(index: number, part: PartId): Markup {
  return own(`r${index}-${part}`);
}

function suggestionId(index: number, at: number): Markup {
  return own(`r${index}-s${at}`);
}

/** Text of anybody's: shown letter by letter, and no markup in content and in quoted values. */
function text(value: string): Markup {
  return own(visibleText(value, LONGEST).replace(/[<>&"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`));
}

/** Text of our own that is markup already. Nothing that comes from a repository may pass here. */
function own(markup: string): Markup {
  return markup as Markup;
}

function all(parts: readonly Markup[]): Markup {
  return own(parts.join(""));
}

/** Markup with markup in it; by its types nothing else can be put there. */
function html(strings: TemplateStringsArray, ...values: readonly Markup[]): Markup {
  return own(String.raw({ raw: strings.map((part) => part) }, ...values));
}
