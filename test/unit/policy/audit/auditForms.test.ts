/** The forms of a report: what each says, and that nothing from a repository bends them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditCsv } from "../../../../server/src/policy/audit/auditCsv";
import { auditHtml } from "../../../../server/src/policy/audit/auditHtml";
import { auditMarkdown } from "../../../../server/src/policy/audit/auditMarkdown";
import { type AuditedSuggestion, AuditReport } from "../../../../server/src/policy/audit/auditReport";
import { PALETTE, SCHEMES } from "../../../../server/src/policy/audit/auditStyle";
import { auditText } from "../../../../server/src/policy/audit/auditText";
import { percent } from "../../../../server/src/policy/audit/auditWords";
import { AUDIT_FORMATS } from "../../../../server/src/protocol/auditFormats";
import { digestOf } from "../../../support/digests";
import { auditedSample, sampleAudit } from "../../../support/sampleAudit";

/** What somebody could call a file, a model or a device to bend a report. */
const HOSTILE = [
  "</style></td></table><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "\"' onmouseover=alert(1) x=`y`",
  "&lt;b&gt;&#60;b>",
  "-->]]><!--",
  '=HYPERLINK("http://evil.example","x")',
  "+1+cmd|' /C calc'!A0",
  "-2+3",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "＝1+1",
  'a","=1',
  "a\nrecord,b\r\nc",
  "| x | y |\n| --- | --- |",
  "[x](javascript:alert(1)) ![](http://evil.example/a.png)",
  "```\n# heading",
  "a\u202eb\u2066c\u200bd\u0000e\u2028f",
];

/** What nobody sees, but for line feeds between our own lines. */
const HIDDEN = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u;

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc
    .array(fc.constantFrom(...HOSTILE, ..."<>&\"'`=+-@|,;\t\r\n\\ ab"), { maxLength: 12 })
    .map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 40 }),
);

/** A report in which every text of a repository is hostile. */
function bent(text: string): AuditReport {
  const suggestion: AuditedSuggestion = auditedSample({
    id: text,
    claim: text,
    path: text,
    summary: "failed",
    decision: "refuse",
    reasons: [text],
    why: text,
    model: { name: text, manifestDigest: null, told: text },
    device: text,
    anchor: { since: 1, chainId: 1, chainName: text, blockNumber: 2, transaction: text, trust: "singleRpc" },
    evidenceFile: text,
  });
  const named = { ...suggestion, model: { name: text, manifestDigest: digestOf("ab"), told: text } };
  return sampleAudit([suggestion, named], {
    name: text,
    commit: text,
    base: text,
    policy: text,
    paths: [text],
    vanished: [{ claim: text, id: text, path: text, line: 1, evidenceFile: text, today: "gone" }],
    unattributed: [{ path: text, startLine: 1, endLine: 2 }],
    files: [{ path: text, problem: text }],
    notes: [text],
    limits: [text],
  });
}

/** The tags of a page with their attributes, without what stands between them. */
function tagsOf(page: string): string[] {
  return [...page.matchAll(/<[^>]*>/g)].map(([tag]) =>
    tag.replaceAll(/ (?:x|width)="[\d.]+"/g, "").replaceAll(/#r0-s\d+/g, ""),
  );
}

/** Reads RFC 4180 strictly: rows of as many cells as the header has. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let at = 0;
  let row: string[] = [];
  while (at < text.length) {
    const [whole = "", quoted, plain = "", end] =
      /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(text.slice(at)) ?? [];
    expect(whole, `unreadable at ${text.slice(at, at + 40)}`).not.toBe("");
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (end === "\r\n") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

const plainPage = tagsOf(auditHtml(bent("plain")));

describe("a page", () => {
  it("has the same tags whatever the repository holds, and nothing that is hidden", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const page = auditHtml(bent(text));
        expect(tagsOf(page)).toEqual(plainPage);
        expect(page).not.toMatch(HIDDEN);
      }),
      { numRuns: 150 },
    );
  });

  it("needs nothing but itself", () => {
    const page = auditHtml(bent("plain"));
    expect(page).not.toMatch(
      /<script|<link|<img|<iframe|<object|url\(|@import|https?:|\ssrc=|\sstyle=|\son\w+=/i,
    );
    expect(page).toContain("default-src 'none'");
  });

  it("can be heard: one h1, landmarks, tables with captions and scopes, links that lead somewhere", () => {
    const page = auditHtml(
      sampleAudit([auditedSample(), auditedSample({ summary: "edited", decision: "refuse" })]),
    );
    expect(page.match(/<h1>/g)).toHaveLength(1);
    for (const landmark of ['<html lang="en">', "<header>", "<nav aria-label=", "<main id=", "<footer>"]) {
      expect(page.split(landmark)).toHaveLength(2);
    }
    expect(page.match(/<caption>/g)?.length).toBe(page.match(/<table>/g)?.length);
    expect(page.match(/<th(?! scope=)[ >]/g)).toBeNull();
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...page.matchAll(/ (?:href="#|aria-labelledby=")([^"]+)"/g)].map(([, id]) => id);
    expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
    expect(page).toContain('<b class="edited">edited</b>');
  });

  it("tells several repositories apart", () => {
    const one = sampleAudit([auditedSample()]);
    const page = auditHtml({ ...one, repositories: [...one.repositories, ...one.repositories] });
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(page.match(/<h2>inventory<\/h2>/g)).toHaveLength(2);
  });

  it("can be read in light and dark, on either ground", () => {
    for (const scheme of SCHEMES) {
      const { ground, panel, line: _, ...texts } = PALETTE[scheme];
      for (const [name, color] of Object.entries(texts)) {
        for (const background of [ground, panel]) {
          // WCAG 2.2, 1.4.3: AA asks for 4.5 to 1.
          expect(contrast(color, background), `${scheme} ${name} on ${background}`).toBeGreaterThanOrEqual(
            4.5,
          );
        }
      }
    }
  });
});

describe("comma-separated values", () => {
  const plain = readCsv(auditText(bent("plain"), "csv"));

  it("keep their rows and columns, and hold no formula, whatever the repository holds", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const rows = readCsv(auditText(bent(text), "csv"));
        expect(rows.map(({ length }) => length)).toEqual(plain.map(({ length }) => length));
        for (const cell of rows.flat()) {
          expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
          expect(cell).not.toMatch(/\p{C}|\p{Zl}|\p{Zp}/u);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("have a header, a row for each suggestion, and notes", () => {
    const [header = [], first = [], ...others] = readCsv(auditText(sampleAudit([auditedSample()]), "csv"));
    const cell = (name: string): string | undefined => first[header.indexOf(name)];
    expect(cell("record")).toBe("suggestion");
    expect([cell("path"), cell("start_line"), cell("verdict")]).toEqual([
      "src/inventory.ts",
      "19",
      "verified",
    ]);
    expect(cell("onchain_since")).toBe("2026-05-28T20:26:40Z");
    expect(new Set(others.map(([record]) => record))).toEqual(new Set(["note"]));
  });
});

describe("Markdown", () => {
  it("keeps its lines and cells, and neither links nor holds HTML, whatever the repository holds", () => {
    const bars = (report: AuditReport): number[] =>
      auditMarkdown(report)
        .split("\n")
        .map((line) => {
          const bare = line.replaceAll(/\\[!-/:-@[-`{-~]/g, "");
          expect(bare).not.toMatch(/[<>`[\]!]/);
          expect(bare).not.toMatch(HIDDEN);
          return bare.split("|").length;
        });
    const plain = bars(bent("plain"));
    fc.assert(
      fc.property(hostile, (text) => {
        expect(bars(bent(text))).toEqual(plain);
      }),
      { numRuns: 100 },
    );
  });
});

describe("JSON", () => {
  it("is the same value, as published, with nothing hidden in it", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const report = bent(text);
        const json = auditText(report, "json");
        expect(json).not.toMatch(HIDDEN);
        expect(AuditReport.parse(JSON.parse(json))).toEqual(JSON.parse(JSON.stringify(report)));
      }),
      { numRuns: 100 },
    );
  });
});

describe("every form", () => {
  it.each(AUDIT_FORMATS)("says that lines without evidence are not human: %s", (format) => {
    const limits = ["12 lines have no evidence. That does not make them human."];
    expect(auditText(sampleAudit([], { limits }), format).replaceAll("\\", "")).toContain(
      "not make them human",
    );
  });

  it("stays within bounds at ten thousand suggestions", () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      auditedSample({
        path: `src/stock${Math.floor(index / 20)}.ts`,
        startLine: index + 1,
        ...(index % 2 === 0 && {
          summary: "edited",
          decision: "refuse",
          reasons: ["The text was edited: 1 of 2 lines stand."],
        }),
      }),
    );
    const page = auditHtml(sampleAudit(many));
    expect(Buffer.byteLength(page)).toBeLessThan(10_000_000);
    expect(page).toContain("And 4,800 more");
    expect(page.match(/<details>/g)).toHaveLength(500);
    expect(auditCsv(sampleAudit(many)).filter((row) => row.startsWith("suggestion,"))).toHaveLength(10_000);
  });

  it("rounds no share to none or all", () => {
    expect([percent(0, 10), percent(10, 10), percent(0, 0)]).toEqual(["0%", "100%", "0%"]);
    expect([percent(1, 10_000), percent(9_999, 10_000), percent(1, 8)]).toEqual([
      "under 0.1%",
      "over 99.9%",
      "12.5%",
    ]);
  });
});

/** Relative luminance of `#rrggbb` (WCAG 2.2). */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
