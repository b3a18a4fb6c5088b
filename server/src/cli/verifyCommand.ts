import { unreachable } from "../platform/errors";
import type { Decision } from "../policy/decision";
import {
  copiedReason,
  executionReason,
  nameOf,
  partOfLines,
  promptReason,
  REFORMATTED,
  trustReason,
} from "../policy/reasons";
import { lacksOnlyItsChain } from "../policy/remarks";
import type { FileProblem, Report, VanishedEvidence } from "../policy/report";
import type { Checks, Findings, Verdict } from "../policy/verdict";
import { type CheckName, SUMMARIES } from "../protocol/verdictWords";
import { visibleName, visibleText } from "../protocol/visibleText";
import { fileRemedy, isOfEvidence } from "../workflows/fileRemedy";
import type { RepositoryContents } from "../workflows/readRepository";
import type { RepositoryRules } from "../workflows/repositoryPolicies";
import { versionIn } from "../workflows/version";
import type { Answer } from "./answers";
import type { ChainFlags } from "./chainOptions";
import { CommandError } from "./commandError";
import { type JudgedFlags, type JudgedReport, judgedReportOf } from "./judgedReport";
import { type CommandResult, note, type PrintedDocument } from "./output";
import { type Finding, findingsOf, type Judge } from "./reports/findings";
import { junit } from "./reports/junit";
import { markdownSummary } from "./reports/markdownSummary";
import { sarif } from "./reports/sarif";
import { reportOf } from "./repositoryReport";
import type { Session } from "./session";
import type { VerifyFormat } from "./verifyFormats";

export interface VerifyFlags extends JudgedFlags {
  readonly format: VerifyFormat;
}

/** A report as it was judged, with what people and programs are told of it. */
export interface VerifiedReport extends JudgedReport {
  readonly exitCode: 0 | 1;
  /** What counts for the whole of it, as sentences. */
  readonly told: readonly string[];
  readonly text: readonly string[];
  /** `null` for text. */
  document(format: VerifyFormat): PrintedDocument | null;
}

/** `proofline verify [PATH…]`: the same pipeline as badge and hover, over what is saved. */
export async function verify(
  session: Session,
  paths: readonly string[],
  flags: VerifyFlags,
): Promise<CommandResult<Answer<"verify">>> {
  const { format } = flags;
  const verified = await verifiedReportOf(session, paths, flags);
  const document = verified.document(format);
  // Other forms have no room for what counts for the whole of a report.
  if (format !== "text" && format !== "markdown") {
    verified.told.forEach(note);
  }
  return {
    exitCode: verified.exitCode,
    json: verified.report,
    text: format === "text" ? verified.text : [],
    ...(document !== null && { document }),
  };
}

/** What `verify` comes to, in whatever form it is to be told. */
export async function verifiedReportOf(
  session: Session,
  paths: readonly string[],
  flags: JudgedFlags,
): Promise<VerifiedReport> {
  const judged = await judgedReportOf(session, paths, flags);
  const { report: shown, judge, contents } = judged;
  const isNothingLeft = shown.suggestions.length + shown.files.length + shown.vanished.length === 0;
  // Against a base, that accepted lines were taken out is what a change may do.
  if (flags.base === null && isNothingLeft && shown.gone.length > 0) {
    throw new CommandError(
      "evidence",
      `Nothing that was accepted here stands at one place in today's text: ${named(shown.gone)}.`,
      "Restore the files that held it; `proofline evidence list` says which.",
    );
  }
  const findings = findingsOf(shown, judge);
  const told = [...policyLine(judged.rules), ...judged.notes];
  return {
    ...judged,
    exitCode: findings.every(({ level }) => level === "warning") ? 0 : 1,
    told,
    text: [...describe(shown, findings, contents, judge, flags.base), ...told],
    document: (format) => documentOf(shown, findings, contents, told, format, session),
  };
}

/** Which rules counted, where they are not the built-in ones. */
function policyLine({ file }: RepositoryRules): readonly string[] {
  return file === null ? [] : [`Judged by the policy ${visibleName(file.name)}.`];
}

function documentOf(
  report: Report,
  findings: readonly Finding[],
  contents: RepositoryContents,
  notes: readonly string[],
  format: VerifyFormat,
  { installation }: Session,
): PrintedDocument | null {
  switch (format) {
    case "text":
      return null;
    case "json":
      return { json: report };
    case "sarif":
      return { json: sarif(findings, versionIn(installation.root)) };
    case "junit":
      return { text: junit(report, findings) };
    case "markdown":
      return { text: markdownSummary(report, findings, !hasNoEvidence(contents), notes) };
    default:
      return unreachable(format);
  }
}

/** `proofline replay [ID…]`: runs the model again for the named suggestions (or all), whatever was remembered. */
export async function replay(
  session: Session,
  ids: readonly string[],
  flags: ChainFlags,
): Promise<CommandResult<Answer<"replay">>> {
  const { report, contents, replayed } = await reportOf(session, flags, { replay: "again", ids, base: null });
  const known = new Set([...report.suggestions, ...report.gone].map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) {
    throw new CommandError(
      "usage",
      `No suggestion here has the id ${missing.join(", ")}.`,
      "List them with `proofline evidence list`.",
    );
  }
  const wanted = replayed.filter(({ id }) => ids.length === 0 || ids.includes(id));
  const ok = wanted.every(({ outcome: { value } }) => value === "exact" || value === "withinTolerance");
  return {
    exitCode: ok ? 0 : 1,
    json: { replays: wanted.map(({ id, outcome }) => ({ id, ...outcome })) },
    text:
      wanted.length === 0
        ? [`There is nothing to replay${isAllRead(contents) ? "" : IN_WHAT_CAN_BE_READ}.`]
        : wanted.map(
            ({ id, outcome }) =>
              `${outcome.value.padEnd(15)}  ${id}  ${"tokens" in outcome ? `${outcome.exact}/${outcome.tokens} tokens` : ""}${outcome.reason ?? ""}`,
          ),
  };
}

/** The most suggestions that a mistake names one by one. */
const MOST_NAMED = 10;

function named(gone: Report["gone"]): string {
  const more = gone.length - MOST_NAMED;
  const some = gone.slice(0, MOST_NAMED).map(({ id, path }) => `${id} of ${visibleText(path)}`);
  return [...some, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** What is said of evidence counts for no more than was read. */
const IN_WHAT_CAN_BE_READ = " in the evidence that can be read";

/** What became of evidence that a base holds. */
const TODAY: Readonly<Record<VanishedEvidence["today"], (evidenceFile: string) => string>> = {
  gone: (file) => `and ${file} is gone`,
  broken: (file) => `and what lies in the place of ${file} now cannot be believed`,
  other: (file) => `and what lies in the place of ${file} now says less of it`,
};

/** What stands in place of the totals where there are none. */
function nothingStands({ vanished, files }: Report, contents: RepositoryContents): string[] {
  if (vanished.length > 0) {
    return [];
  }
  if (hasNoEvidence(contents)) {
    return ["This repository holds no evidence of accepted suggestions."];
  }
  const where = files.some(isOfEvidence) ? IN_WHAT_CAN_BE_READ : "";
  return [`No accepted suggestion${where} stands in today's text.`];
}

/** Whether nothing lies there, be it readable or not. */
function hasNoEvidence({ evidence, problems }: RepositoryContents): boolean {
  return evidence.length === 0 && !problems.some(isOfEvidence);
}

function isAllRead({ evidence, problems }: RepositoryContents): boolean {
  return evidence.every(({ reading }) => reading.kind === "intact") && !problems.some(isOfEvidence);
}

/** A file's problem, unless a suggestion that it speaks of has just said the same, and what can be done about it. */
function describeProblem(file: FileProblem, { suggestions }: Report, contents: RepositoryContents): string {
  const { path, problem } = file;
  const isSaid = suggestions.some(
    ({ evidenceFile, reasons }) =>
      evidenceFile === path && reasons.some((reason) => reason.includes(problem)),
  );
  return `problem     ${path}: ${isSaid ? "" : `${problem} `}${fileRemedy(file, contents)}`;
}

/** A report for people, a line for each thing. */
export function describe(
  report: Report,
  findings: readonly Finding[],
  contents: RepositoryContents,
  judge: Judge,
  base: string | null,
): string[] {
  const { summary, suggestions, beside, gone, vanished, files } = report;
  const totals = [...SUMMARIES]
    .reverse()
    .flatMap((word) => (summary[word] > 0 ? [`${summary[word]} ${word}`] : []));
  const replayedHere = suggestions.filter(({ checks }) => lacksOnlyItsChain(checks)).length;
  const unjudged = suggestions.filter((verdict) => judge.decide(verdict) === null).length;
  const isLocal = suggestions.some(({ checks, findings }) => isOnLocalChain(checks, findings));
  return [
    ...suggestions.flatMap((verdict) => describeOne(verdict, judge.decide(verdict))),
    ...beside.map(
      ({ path, line, summary: word, id, why }) =>
        `beside      ${path}:${line}  ${id}  ${word}: ${why === "contested" ? "a better claim stands in its place" : "it holds too little text to speak for a line"}`,
    ),
    ...vanished.map(
      ({ path, line, id, evidenceFile, today }) =>
        `vanished    ${path}${line === null ? "" : `:${line}`}  ${id}  its text stands here, ${TODAY[today](evidenceFile)}`,
    ),
    ...(vanished.length === 0
      ? []
      : ["            Restore that evidence from the base, or take its lines out."]),
    ...findings
      .filter(({ rule }) => rule === "unattributed")
      .map(
        ({ path, lines }) =>
          `no evidence ${path}:${lines?.start}${lines?.start === lines?.end ? "" : `-${lines?.end}`}  nobody can tell who or what wrote it`,
      ),
    ...files.map((file) => describeProblem(file, report, contents)),
    ...(files.some(isOfEvidence) ? ["            `proofline evidence list` shows what each file says."] : []),
    ...(totals.length === 0 ? nothingStands(report, contents) : [`${totals.join(", ")}.`]),
    ...(replayedHere > 0
      ? [`Replayed here, and without a chain that can be asked from here: ${replayedHere}.`]
      : []),
    ...(isLocal ? ["They are anchored on a local chain, which its owner controls: a rehearsal."] : []),
    ...(unjudged === 0 || base === null
      ? []
      : [`Not judged here, for nothing about it was changed since ${visibleText(base)}: ${unjudged}.`]),
    ...(gone.length === 0
      ? []
      : [
          `Not found in today's text: ${gone.length} (changed, gone, or too short to be told from other text).`,
        ]),
  ];
}

function describeOne(verdict: Verdict, decision: Decision | null): string[] {
  const why = decision === null || decision.kind === "good" ? null : decision.why;
  const { path, startLine, endLine, summary, id, reasons, checks, findings } = verdict;
  const lines = startLine === null ? "" : `:${startLine}${endLine === startLine ? "" : `-${endLine}`}`;
  const isPart = findings.content.part && checks.content !== "edited" && startLine !== null;
  // Nothing else that a broken file says is believed, so nothing of it is shown.
  if (checks.evidence !== "intact") {
    return [
      `${summary.padEnd(10)}  ${path}${lines}  ${id}`,
      ...reasons.map((reason) => `            ${reason}`),
    ];
  }
  const part = isPart ? `  ${partOfLines(verdict)}` : "";
  return [
    `${summary.padEnd(10)}  ${path}${lines}  ${id}  by ${modelOf(findings)}${part}${lacksOnlyItsChain(checks) ? "  replayed here" : ""}`,
    ...[...(why === null ? [] : [why]), ...reasons, ...remarksOn(checks, findings)].map(
      (reason) => `            ${reason}`,
    ),
  ];
}

function modelOf({ model, execution }: Findings): string {
  switch (execution.kind) {
    case "replayable":
      // A name alone could be another model's, too.
      return model.name === null
        ? `a model ${nameOf(model)}`
        : `${visibleName(model.name)} (${model.manifestDigest?.slice(0, 12)})`;
    case "attested":
      return "an enclave";
    case "stated":
      return "nobody who can be checked";
    default:
      return unreachable(execution.kind);
  }
}

function isOnLocalChain({ anchor, anchorTrust }: Checks, { anchor: { blockNumber } }: Findings): boolean {
  return (
    anchorTrust === "local" && blockNumber !== undefined && (anchor === "finalized" || anchor === "included")
  );
}

/** What is worth reading about a check although it decides nothing; `null` for a check that decides or says nothing. */
type Remark = (checks: Checks, findings: Findings) => string | null;

const REMARKS: { readonly [Name in CheckName]: Remark | null } = {
  content: ({ content }) => (content === "reformatted" ? REFORMATTED : null),
  evidence: null,
  signature: null,
  anchor: (_, { anchor: { remarks = [] } }) => (remarks.length === 0 ? null : remarks.join(" ")),
  anchorTrust: ({ anchorTrust }, findings) =>
    anchorTrust === "singleRpc" && findings.anchor.blockNumber !== undefined
      ? trustReason(anchorTrust, findings)
      : null,
  model: null,
  environment: null,
  /** What a good replay compared and forgave; what a bad one found is among the reasons. */
  execution: ({ execution }, findings) =>
    execution === "exact" || execution === "withinTolerance" || execution === "verifierReplayed"
      ? executionReason(execution, findings)
      : null,
  prompt: ({ prompt }, findings) => (prompt === "disclosed" ? promptReason(prompt, findings) : null),
  copied: ({ copied }, findings) => (copied === "fromToday" ? copiedReason(copied, findings) : null),
};

function remarksOn(checks: Checks, findings: Findings): string[] {
  return Object.values(REMARKS).flatMap((remark) => remark?.(checks, findings) ?? []);
}
