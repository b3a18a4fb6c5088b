import { groupBy } from "../../platform/groupBy";
import type { Report } from "../../policy/report";
import { visibleText } from "../../protocol/visibleText";
import type { Finding } from "./findings";

/**
 * A report as JUnit's XML, as build servers read it: a test case for each suggestion in its file's suite, and one for each finding that
 * is no suggestion's. What falls short is a failure.
 */
export function junit({ suggestions }: Report, findings: readonly Finding[]): string {
  const failures = new Map(findings.filter(endsBadly).map((finding) => [finding.key, finding]));
  const ofSuggestions = suggestions.map(({ key, id, path, startLine, summary }) => ({
    path,
    name: `${startLine === null ? "" : `line ${startLine}, `}suggestion ${id}, ${summary}`,
    failure: failures.get(key) ?? null,
  }));
  const known = new Set(suggestions.map(({ key }) => key));
  const ofOthers = findings
    .filter(({ key }) => !known.has(key))
    .map((finding) => ({
      path: finding.path,
      name: nameOf(finding),
      failure: endsBadly(finding) ? finding : null,
    }));
  const cases = [...ofSuggestions, ...ofOthers];
  const suites = [...groupBy(cases, ({ path }) => path)].map(([path, own]) => {
    const failed = own.filter(({ failure }) => isFailure(failure)).length;
    return [
      `  <testsuite name="${xml(path)}" tests="${own.length}" failures="${failed}">`,
      ...own.map(({ name, failure }) =>
        isFailure(failure)
          ? `    <testcase classname="${xml(path)}" name="${xml(name)}"><failure type="${xml(failure.rule)}" message="${xml(failure.message)}"/></testcase>`
          : `    <testcase classname="${xml(path)}" name="${xml(name)}"/>`,
      ),
      "  </testsuite>",
    ].join("\n");
  });
  const failed = cases.filter(({ failure }) => isFailure(failure)).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="Proofline" tests="${cases.length}" failures="${failed}">`,
    ...suites,
    "</testsuites>",
  ].join("\n");
}

function nameOf({ rule, id, lines }: Finding): string {
  switch (rule) {
    case "file":
      return "can be believed";
    case "unattributed":
      return `evidence of lines ${lines?.start ?? ""} to ${lines?.end ?? ""}`;
    default:
      return `evidence of suggestion ${id ?? ""}`;
  }
}

/** JUnit knows no warnings. */
function endsBadly({ level }: Finding): boolean {
  return level !== "warning";
}

function isFailure(finding: Finding | null): finding is Finding {
  return finding !== null;
}

/** Text within XML: nothing hidden, and nothing that is markup. */
function xml(text: string): string {
  return visibleText(text, 4_000).replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
