import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Connection, type Diagnostic, DiagnosticSeverity, type Range } from "vscode-languageserver/node";
import { unreachable } from "../../platform/errors";
import { inSlices } from "../../platform/slices";
import type { Admission, Decision } from "../../policy/decision";
import type { FileProblem } from "../../policy/report";
import { placeOf, type Verdict } from "../../policy/verdict";
import { SUMMARIES, type Summary } from "../../protocol/verdictWords";
import type { VerifiedOnly } from "../../protocol/verifiedOnly";
import { visibleLine } from "../../protocol/visibleText";
import { fileRemedy } from "../../workflows/fileRemedy";
import type { PlacedVerdict } from "./placedVerdict";

/** What was told of one repository's files. */
interface ShownFiles {
  readonly level: VerifiedOnly;
  readonly lists: readonly (readonly FileProblem[])[];
  /** Files of which something may be on show. */
  readonly uris: Set<string>;
}

/** A suggestion that falls short, of a file that is not open. */
export interface ClosedProblem {
  /** Of the file, as `pathToFileURL` spells it. */
  readonly uri: string;
  readonly range: Range;
  readonly summary: Summary;
  readonly decision: Shortfall;
  readonly message: string;
}

/** What the rules make of a suggestion that falls short. */
type Shortfall = Exclude<Decision, { readonly kind: "good" }>;

/** What would be told of a verdict of a closed file; `null` where it falls short of nothing, or has no place. */
export function closedProblem(uri: string, verdict: Verdict, admit: Admission): ClosedProblem | null {
  const range = placeOf(verdict);
  const decision = admit(verdict);
  return range === null || decision.kind === "good"
    ? null
    : { uri, range, summary: verdict.summary, decision, message: messageOn(verdict, decision, REPLAY_ALL) };
}

/** What is told of closed files of one repository, beyond which their list only counts. */
export const MOST_CLOSED_PROBLEMS = 1_000;

/**
 * What the Problems panel says: with verified-only, each accepted suggestion that falls short, of open documents at once and of
 * closed files as far as they are known; and in any case each evidence or anchor file that cannot be believed, on the file
 * itself. Of one file only one of them speaks.
 */
export class Diagnostics {
  private readonly files = new Map<string, ShownFiles>();
  /** What was sent last of each file, by its URI in one spelling. */
  private readonly sent = new Map<string, string>();
  /** Documents that are open and speak for themselves, in one spelling. */
  private readonly open = new Set<string>();
  /** Closed files of which something is on show, by repository. */
  private readonly closed = new Map<string, ReadonlySet<string>>();

  constructor(private readonly connection: Pick<Connection, "sendDiagnostics">) {}

  /** The accepted lines of one open document. */
  showLines(
    uri: string,
    level: VerifiedOnly,
    admit: Admission,
    verdicts: () => readonly Pick<PlacedVerdict, "verdict" | "range">[],
  ): void {
    this.open.add(oneSpelling(uri));
    this.send(
      uri,
      (level === "off" ? [] : verdicts()).flatMap(({ verdict, range }) => {
        const { summary } = verdict;
        const decision = admit(verdict);
        return decision.kind === "good"
          ? []
          : [diagnosticOf({ range, summary, decision, message: messageOn(verdict, decision, "") }, level)];
      }),
    );
  }

  /**
   * The accepted lines of a repository's closed files, in place of what was told of them before: the worst ones where there
   * are too many. What is open meanwhile is left alone. In slices.
   */
  async showClosed(
    repository: string,
    level: VerifiedOnly,
    problems: readonly ClosedProblem[],
  ): Promise<void> {
    await inSlices(this.sendClosed(repository, level, problems));
  }

  private *sendClosed(
    repository: string,
    level: VerifiedOnly,
    problems: readonly ClosedProblem[],
  ): Generator<void, void, void> {
    const short = level === "off" ? [] : [...problems].sort((one, other) => rankOf(one) - rankOf(other));
    yield;
    const byUri = new Map<string, Diagnostic[]>();
    for (const problem of short.slice(0, MOST_CLOSED_PROBLEMS)) {
      const { uri } = problem;
      const others = byUri.get(uri) ?? [];
      others.push(diagnosticOf(problem, level));
      byUri.set(uri, others);
      yield;
    }
    const more = short.length - MOST_CLOSED_PROBLEMS;
    const [first] = byUri.values();
    if (more > 0) {
      first?.unshift({
        range: FIRST_CHARACTER,
        severity: level === "block" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
        source: "Proofline",
        message: `${more} more accepted suggestions of this repository fall short. Proofline Suggestions in the Explorer lists them.`,
      });
    }
    const before = this.closed.get(repository) ?? new Set();
    this.closed.set(repository, new Set(byUri.keys()));
    for (const uri of new Set([...before, ...byUri.keys()])) {
      if (!this.open.has(oneSpelling(uri))) {
        this.send(uri, byUri.get(uri) ?? []);
      }
      yield;
    }
  }

  /** The evidence and anchor files of one repository. Tells of many in slices, and of what it told before not again. */
  async showFiles(
    repository: string,
    level: VerifiedOnly,
    lists: readonly (readonly FileProblem[])[],
    contents: Parameters<typeof fileRemedy>[1],
  ): Promise<void> {
    const before = this.files.get(repository);
    const isSame =
      before !== undefined &&
      before.level === level &&
      before.lists.length === lists.length &&
      before.lists.every((list, index) => list === lists[index]);
    if (isSame) {
      return;
    }
    const shown: ShownFiles = { level, lists, uris: new Set(before?.uris) };
    this.files.set(repository, shown);
    await inSlices(this.sendFiles(repository, shown, contents));
  }

  private *sendFiles(
    repository: string,
    shown: ShownFiles,
    contents: Parameters<typeof fileRemedy>[1],
  ): Generator<void, void, void> {
    const byUri = new Map<string, FileProblem[]>();
    for (const problem of shown.lists.flat()) {
      const uri = pathToFileURL(join(repository, problem.path)).href;
      const others = byUri.get(uri) ?? [];
      others.push(problem);
      byUri.set(uri, others);
      yield;
    }
    for (const uri of [...shown.uris].filter((one) => !byUri.has(one))) {
      // Whoever was told something newer meanwhile is told nothing older.
      if (this.files.get(repository) !== shown) {
        return;
      }
      shown.uris.delete(uri);
      this.send(uri, []);
      yield;
    }
    for (const [uri, problems] of byUri) {
      if (this.files.get(repository) !== shown) {
        return;
      }
      shown.uris.add(uri);
      this.send(
        uri,
        problems.map((file) => ({
          range: rangeOf(file),
          severity: shown.level === "block" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
          source: "Proofline",
          code: "evidence",
          message: visibleLine(`This file cannot be believed: ${file.problem} ${fileRemedy(file, contents)}`),
        })),
      );
      yield;
    }
  }

  /** An open document is closed. */
  forget(uri: string): void {
    this.open.delete(oneSpelling(uri));
    this.send(uri, []);
  }

  private send(uri: string, diagnostics: Diagnostic[]): void {
    const key = oneSpelling(uri);
    const text = JSON.stringify(diagnostics);
    if (text === (this.sent.get(key) ?? "[]")) {
      return;
    }
    if (diagnostics.length === 0) {
      this.sent.delete(key);
    } else {
      this.sent.set(key, text);
    }
    void this.connection.sendDiagnostics({ uri, diagnostics });
  }
}

const FIRST_CHARACTER: Range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };

function rangeOf({ line }: FileProblem): Range {
  return line === undefined
    ? FIRST_CHARACTER
    : { start: { line: line - 1, character: 0 }, end: { line, character: 0 } };
}

/** What to do about a suggestion of a closed file that waits for a replay: only open files are replayed unasked. */
const REPLAY_ALL = " *Proofline: Replay All Suggestions* runs the model on it.";

/** An editor may spell the same file's URI in another way. */
function oneSpelling(uri: string): string {
  try {
    return pathToFileURL(fileURLToPath(uri)).href;
  } catch {
    return uri;
  }
}

function rankOf({ summary }: Pick<ClosedProblem, "summary">): number {
  return SUMMARIES.indexOf(summary);
}

/** @param replay what is added where a replay has not run yet */
function messageOn({ summary, reasons, checks }: Verdict, { why }: Shortfall, replay: string): string {
  const remedy = checks.execution === "notRun" && checks.evidence === "intact" ? replay : "";
  const all = [...(why === null ? [] : [why]), ...reasons];
  return visibleLine(`Accepted suggestion, ${summary}: ${all.join(" ")}${remedy}`);
}

function diagnosticOf(
  { range, summary, decision, message }: Omit<ClosedProblem, "uri">,
  level: VerifiedOnly,
): Diagnostic {
  return { range, severity: severityOf(decision, level), source: "Proofline", code: summary, message };
}

function severityOf({ kind }: Shortfall, level: VerifiedOnly): DiagnosticSeverity {
  switch (kind) {
    case "waits":
      return DiagnosticSeverity.Information;
    case "report":
      return DiagnosticSeverity.Warning;
    case "refuse":
      return level === "block" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
    default:
      return unreachable(kind);
  }
}
