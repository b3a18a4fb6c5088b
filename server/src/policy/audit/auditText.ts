import { unreachable } from "../../platform/errors";
import type { AuditFormat } from "../../protocol/auditFormats";
import { visibleJson } from "../../protocol/visibleText";
import { auditCsv } from "./auditCsv";
import { auditHtml } from "./auditHtml";
import { auditMarkdown } from "./auditMarkdown";
import type { AuditReport } from "./auditReport";

/** What a file with a report holds, in UTF-8. Everything from elsewhere is shown letter by letter in it. */
export function auditText(report: AuditReport, format: AuditFormat): string {
  switch (format) {
    case "html":
      return `${auditHtml(report)}\n`;
    case "csv":
      return auditCsv(report)
        .map((row) => `${row}\r\n`)
        .join("");
    case "json":
      return `${visibleJson(JSON.stringify(report, null, 2))}\n`;
    case "markdown":
      return `${auditMarkdown(report)}\n`;
    default:
      return unreachable(format);
  }
}
