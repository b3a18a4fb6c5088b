import * as z from "zod";

/** The forms of a report for an auditor, with the ending of their files. */
export const AUDIT_FORMATS = ["html", "csv", "json", "markdown"] as const;
export const AuditFormat = z.enum(AUDIT_FORMATS);
export type AuditFormat = z.infer<typeof AuditFormat>;

export const AUDIT_ENDINGS: Readonly<Record<AuditFormat, string>> = {
  html: "html",
  csv: "csv",
  json: "json",
  markdown: "md",
};
