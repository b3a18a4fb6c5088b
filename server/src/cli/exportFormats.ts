/** The forms of others in which a repository's evidence is told. */
export const EXPORT_FORMATS = ["agent-trace", "cyclonedx"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
