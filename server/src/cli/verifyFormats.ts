/** How `verify` prints what it found. */
export const VERIFY_FORMATS = ["text", "json", "sarif", "junit", "markdown"] as const;
export type VerifyFormat = (typeof VERIFY_FORMATS)[number];
