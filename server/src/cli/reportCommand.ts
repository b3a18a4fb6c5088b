import { extname } from "node:path";
import { unreachable } from "../platform/errors";
import { auditCsv } from "../policy/audit/auditCsv";
import { auditHtml } from "../policy/audit/auditHtml";
import { auditMarkdown } from "../policy/audit/auditMarkdown";
import type { AuditReport } from "../policy/audit/auditReport";
import { auditText } from "../policy/audit/auditText";
import { AUDIT_ENDINGS, AUDIT_FORMATS, type AuditFormat } from "../protocol/auditFormats";
import { auditOf } from "../workflows/auditing";
import { saveReport } from "../workflows/saveReport";
import { versionIn } from "../workflows/version";
import type { Answer } from "./answers";
import { type JudgedFlags, judgedReportOf } from "./judgedReport";
import type { CommandResult, PrintedDocument } from "./output";
import type { Session } from "./session";

export interface ReportFlags extends JudgedFlags {
  /** `null`: by the file's ending. */
  readonly format: AuditFormat | null;
  /** Where to write it; `null` for standard output. */
  readonly output: string | null;
  readonly json: boolean;
}

/** `proofline report [PATH…]`: what an auditor asks of a repository. It judges nothing itself: whatever it says, it was made. */
export async function report(
  session: Session,
  paths: readonly string[],
  flags: ReportFlags,
): Promise<CommandResult<Answer<"report">>> {
  const judged = await judgedReportOf(session, paths, flags);
  const { repository, rules, wanted, device, notes, judge } = judged;
  const audit: AuditReport = {
    format: "proofline/audit-report/v1",
    version: versionIn(session.installation.root),
    made: Math.floor(Date.now() / 1000),
    repositories: [
      await auditOf({
        ...{ repository, rules, wanted, device, notes },
        report: judged.report,
        decide: judge.decide,
        base: flags.base,
        open: new Map(),
      }),
    ],
  };
  const format = flags.format ?? formatBy(flags);
  if (flags.output === null) {
    return { exitCode: 0, json: audit, text: [], document: documentOf(audit, format) };
  }
  const text = auditText(audit, format);
  await saveReport(flags.output, text);
  const bytes = Buffer.byteLength(text, "utf8");
  return {
    exitCode: 0,
    json: { file: flags.output, format, bytes },
    text: [`Wrote ${flags.output} (${format}, ${bytes.toLocaleString("en")} bytes).`],
  };
}

/** What a file's ending says, and Markdown, which a terminal shows as well as any, where it says nothing. */
function formatBy({ output, json }: ReportFlags): AuditFormat {
  const ending = extname(output ?? "")
    .slice(1)
    .toLowerCase();
  const named = AUDIT_FORMATS.find((format) => AUDIT_ENDINGS[format] === ending);
  return named ?? (json && output === null ? "json" : "markdown");
}

function documentOf(audit: AuditReport, format: AuditFormat): PrintedDocument {
  switch (format) {
    case "html":
      return { text: auditHtml(audit) };
    case "csv":
      return { rows: auditCsv(audit) };
    case "json":
      return { json: audit };
    case "markdown":
      return { text: auditMarkdown(audit) };
    default:
      return unreachable(format);
  }
}
