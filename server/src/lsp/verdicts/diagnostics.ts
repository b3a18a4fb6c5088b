import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Connection, type Diagnostic, DiagnosticSeverity } from "vscode-languageserver/node";
import { inSlices } from "../../platform/slices";
import type { FileProblem } from "../../policy/report";
import type { Verdict } from "../../policy/verdict";
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

/**
 * What the Problems panel says: with verified-only, each accepted suggestion of an open document that falls short; and in any case each
 * evidence or anchor file that cannot be believed, on the file itself.
 */
export class Diagnostics {
  private readonly files = new Map<string, ShownFiles>();
  private readonly sent = new Map<string, string>();

  constructor(private readonly connection: Connection) {}

  /** The accepted lines of one open document. */
  showLines(
    uri: string,
    level: VerifiedOnly,
    verdicts: () => readonly Pick<PlacedVerdict, "verdict" | "range">[],
  ): void {
    const short = level === "off" ? [] : verdicts().filter(({ verdict }) => verdict.summary !== "verified");
    this.send(
      uri,
      short.map(({ verdict, range }) => ({
        range,
        severity: severityOf(verdict, level),
        source: "Proofline",
        code: verdict.summary,
        message: visibleLine(`Accepted suggestion, ${verdict.summary}: ${verdict.reasons.join(" ")}`),
      })),
    );
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
          range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } },
          severity: shown.level === "block" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
          source: "Proofline",
          code: "evidence",
          message: visibleLine(`This file cannot be believed: ${file.problem} ${fileRemedy(file, contents)}`),
        })),
      );
      yield;
    }
  }

  forget(uri: string): void {
    this.send(uri, []);
  }

  private send(uri: string, diagnostics: Diagnostic[]): void {
    const text = JSON.stringify(diagnostics);
    if (text === (this.sent.get(uri) ?? "[]")) {
      return;
    }
    this.sent.set(uri, text);
    void this.connection.sendDiagnostics({ uri, diagnostics });
  }
}

function severityOf({ summary }: Verdict, level: VerifiedOnly): DiagnosticSeverity {
  if (summary === "pending") {
    return DiagnosticSeverity.Information;
  }
  return level === "block" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
}
