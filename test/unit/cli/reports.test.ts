import { describe, expect, it } from "vitest";
import { findingsOf, type Judge } from "../../../server/src/cli/reports/findings";
import { junit } from "../../../server/src/cli/reports/junit";
import { markdownSummary } from "../../../server/src/cli/reports/markdownSummary";
import { sarif } from "../../../server/src/cli/reports/sarif";
import { builtInAdmission } from "../../../server/src/policy/decision";
import { countSummaries, type Report } from "../../../server/src/policy/report";
import type { Verdict } from "../../../server/src/policy/verdict";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { digestOf } from "../../support/digests";
import { sealed } from "../../support/sampleBatch";
import { accepted, parameters } from "../policy/goodCase";

const JUDGE: Judge = { decide: builtInAdmission(), unattributed: "allow" };

const SAVED = "const before = 1;\nexport const answer = compute(42);\n";
const ONE = accepted("export const answer = compute(42);", { line: 1, character: 0 });

function verdict(changes: Partial<Verdict>): Verdict {
  const [good] = verify(
    parameters(SAVED, [sealed([ONE], { texts: { "src/a.ts": SAVED } })], [ONE.id]),
  ).suggestions;
  if (good === undefined) {
    throw new Error("there is no good case");
  }
  return { ...good, ...changes };
}

function report(suggestions: readonly Verdict[], changes: Partial<Report> = {}): Report {
  return {
    summary: countSummaries(suggestions),
    suggestions,
    beside: [],
    gone: [],
    vanished: [],
    unattributed: [],
    files: [],
    ...changes,
  };
}

const EVIL = 'src/a b#c|d<e>&"f.ts';
const failed = verdict({ key: "one", path: EVIL, summary: "failed", reasons: ["It is | <b>bad</b>.\u202e"] });
const SEVERAL = report(
  [
    verdict({ key: "zero" }),
    failed,
    { ...failed, key: "two" },
    verdict({ key: "three", summary: "pending", reasons: ["Not anchored."] }),
  ],
  {
    vanished: [
      {
        claim: digestOf("ab"),
        id: "12",
        path: "src/v.ts",
        line: 3,
        evidenceFile: "main:x.json",
        today: "gone",
      },
    ],
    files: [
      { path: ".proofline/evidence/x.json", problem: "It is torn." },
      { path: ".proofline/evidence/x.json", problem: "It is foreign." },
    ],
  },
);

describe("findings", () => {
  it("are what falls short, what vanished and what cannot be believed, each with a key of its own", () => {
    const findings = findingsOf(SEVERAL, JUDGE);
    expect(findings.map(({ rule, level }) => [rule, level])).toEqual([
      ["failed", "error"],
      ["failed", "error"],
      ["pending", "note"],
      ["vanished", "error"],
      ["file", "error"],
      ["file", "error"],
    ]);
    expect(new Set(findings.map(({ key }) => key)).size).toBe(findings.length);
    expect(findingsOf(report([verdict({})]), JUDGE)).toEqual([]);
  });
});

interface Sarif {
  readonly runs: readonly {
    readonly tool: {
      readonly driver: { readonly version: string; readonly rules: readonly { readonly id: string }[] };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly partialFingerprints: Readonly<Record<string, string>>;
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region?: { readonly startLine: number; readonly endColumn: number };
        };
      }[];
    }[];
  }[];
}

describe("SARIF", () => {
  const read = (of: Report): Sarif["runs"][number] => {
    const document: Sarif = JSON.parse(JSON.stringify(sarif(findingsOf(of, JUDGE), "1.2.3")));
    const [run] = document.runs;
    if (run === undefined) {
      throw new Error("there is no run");
    }
    return run;
  };

  it("names each file by a relative reference that leads back to it", () => {
    const [first] = read(SEVERAL).results;
    const uri = first?.locations[0]?.physicalLocation.artifactLocation.uri ?? "";
    expect(uri).not.toMatch(/[ #<>|]/);
    expect(decodeURIComponent(new URL(uri, "file:///top/").pathname)).toBe(`/top/${EVIL}`);
  });

  it("tells two findings on one line apart, and the same one in every run", () => {
    const fingerprints = (of: Report) =>
      read(of).results.map(({ partialFingerprints }) => partialFingerprints["prooflineFinding/v1"]);
    const all = fingerprints(SEVERAL);
    expect(new Set(all).size).toBe(all.length);
    expect(fingerprints(SEVERAL)).toEqual(all);
    const moved = SEVERAL.suggestions.map((one) => ({ ...one, startLine: 90, endLine: 90 }));
    expect(fingerprints({ ...SEVERAL, suggestions: moved })).toEqual(all);
  });

  it("has a rule for each finding, and places in one-based lines and columns", () => {
    const { results, tool } = read(SEVERAL);
    const rules = tool.driver.rules.map(({ id }) => id);
    expect(results.map(({ ruleId }) => ruleId).filter((id) => !rules.includes(id))).toEqual([]);
    expect(tool.driver.version).toBe("1.2.3");
    const { startLine, endColumn } = failed;
    expect(results[0]?.locations[0]?.physicalLocation.region).toMatchObject({ startLine, endColumn });
    expect(results.at(-1)?.locations[0]?.physicalLocation.region).toBeUndefined();
  });
});

describe("JUnit", () => {
  it("has a case for each suggestion and each finding, and its counts are right", () => {
    const xml = junit(SEVERAL, findingsOf(SEVERAL, JUDGE));
    expect(xml).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="Proofline" tests="7" failures="6">/,
    );
    expect(xml.match(/<testcase /g)).toHaveLength(7);
    expect(xml.match(/<failure /g)).toHaveLength(6);
    expect(xml.match(/<testsuite /g)).toHaveLength(4);
  });

  it("holds nothing of the repository that is markup, or hidden", () => {
    const xml = junit(SEVERAL, findingsOf(SEVERAL, JUDGE));
    expect(xml).not.toContain("<b>");
    expect(xml).not.toContain("\u202e");
    expect(xml.match(/<(?!\/?(?:testsuites?|testcase|failure)\b|\?xml)/g)).toBeNull();
  });
});

describe("the summary for a pull request", () => {
  it("says at once whether all holds, and lists what does not", () => {
    expect(markdownSummary(report([verdict({})]), [], true)).toMatch(
      /^## Proofline: every accepted suggestion holds\n\n\| verdict \| suggestions \|\n\| --- \| ---: \|\n\| verified \| 1 \|/,
    );
    expect(markdownSummary(SEVERAL, findingsOf(SEVERAL, JUDGE), true)).toContain(
      "not every accepted suggestion holds",
    );
    expect(markdownSummary(report([]), [], true)).toContain("No accepted suggestion stands in this text.");
    expect(markdownSummary(report([]), [], false)).toContain("holds no evidence");
  });

  it("keeps its table whole whatever a file is called, and holds no HTML", () => {
    const rows = markdownSummary(SEVERAL, findingsOf(SEVERAL, JUDGE), true)
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    expect(rows).toHaveLength(6);
    for (const row of rows) {
      expect(row.replaceAll("\\|", "").match(/\|/g)).toHaveLength(4);
      expect(row.replaceAll(/\\./g, "").replaceAll(/`[^`]*`/g, "")).not.toContain("<");
    }
  });

  it("stays short where much falls short", () => {
    const many = report(Array.from({ length: 200 }, (_, index) => ({ ...failed, key: `${index}` })));
    const text = markdownSummary(many, findingsOf(many, JUDGE), true);
    expect(text.split("\n").length).toBeLessThan(70);
    expect(text).toContain("And 150 more.");
  });
});
