/** How strictly accepted lines must be verified, from lenient to strict. */
export const VERIFIED_ONLY_LEVELS = ["off", "warn", "block"] as const;
export type VerifiedOnly = (typeof VERIFIED_ONLY_LEVELS)[number];

/** The strictest of several levels: a workspace can tighten what a person set, never loosen it. */
export function strictest(...levels: readonly VerifiedOnly[]): VerifiedOnly {
  return levels.reduce<VerifiedOnly>(
    (strict, level) =>
      VERIFIED_ONLY_LEVELS.indexOf(level) > VERIFIED_ONLY_LEVELS.indexOf(strict) ? level : strict,
    "off",
  );
}
