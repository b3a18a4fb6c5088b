/** The forms of a report for an auditor, with the ending of their files. */
export const AUDIT_FORMATS = ["html", "csv", "json", "markdown"] as const;
export type AuditFormat = (typeof AUDIT_FORMATS)[number];

export const AUDIT_ENDINGS: Readonly<Record<AuditFormat, string>> = {
  html: "html",
  csv: "csv",
  json: "json",
  markdown: "md",
};
