import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Connection, type Diagnostic, DiagnosticSeverity } from "vscode-languageserver/node";
import type { FileProblem } from "../../policy/report";
import type { Verdict } from "../../policy/verdict";
import type { VerifiedOnly } from "../../protocol/verifiedOnly";
import { visibleLine } from "../../protocol/visibleText";
import { fileRemedy } from "../../workflows/fileRemedy";
import type { PlacedVerdict } from "./placedVerdict";

/**
 * What the Problems panel says: with verified-only, each accepted suggestion of an open document that falls short; and in any case each
 * evidence or anchor file that cannot be believed, on the file itself.
 */
export class Diagnostics {
  private readonly files = new Map<string, Set<string>>();
  private readonly sent = new Map<string, string>();

  constructor(private readonly connection: Connection) {}

  /** The accepted lines of one open document. */
  showLines(
    uri: string,
    level: VerifiedOnly,
    verdicts: readonly Pick<PlacedVerdict, "verdict" | "range">[],
  ): void {
    const short = level === "off" ? [] : verdicts.filter(({ verdict }) => verdict.summary !== "verified");
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

  /** The evidence and anchor files of one repository. */
  showFiles(
    repository: string,
    level: VerifiedOnly,
    problems: readonly FileProblem[],
    contents: Parameters<typeof fileRemedy>[1],
  ): void {
    const before = this.files.get(repository) ?? new Set();
    const now = new Set(problems.map(({ path }) => pathToFileURL(join(repository, path)).href));
    this.files.set(repository, now);
    for (const uri of before) {
      if (!now.has(uri)) {
        this.send(uri, []);
      }
    }
    for (const uri of now) {
      this.send(
        uri,
        problems
          .filter(({ path }) => pathToFileURL(join(repository, path)).href === uri)
          .map((file) => ({
            range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } },
            severity: level === "block" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
            source: "Proofline",
            code: "evidence",
            message: visibleLine(
              `This file cannot be believed: ${file.problem} ${fileRemedy(file, contents)}`,
            ),
          })),
      );
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
