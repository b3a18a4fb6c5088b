// To be imported where a quote comes up and not before: the library is bundled with this file, apart from all else.

import { QuoteVerifier } from "@phala/dcap-qvl/src/verify.js";

/** What the library makes of a quote. It answers in a form of its own, and refuses in its own words. */
export type RuledQuote =
  | { readonly kind: "accepted"; readonly answer: unknown }
  | { readonly kind: "refused"; readonly words: string };

/**
 * Judges a quote by Intel's rules as `@phala/dcap-qvl` has them.
 *
 * @param collateral what Intel says of the platform, under the library's names
 * @param at in seconds since 1970
 * @param root the certificate that decides, in DER
 */
export function ruleOn(
  bytes: Uint8Array,
  collateral: Readonly<Record<string, string>>,
  at: number,
  root: Buffer,
): RuledQuote {
  try {
    return {
      kind: "accepted",
      answer: QuoteVerifier.newWithRootCa(root).verify(bytes, collateral, at),
    };
  } catch (error) {
    return { kind: "refused", words: error instanceof Error ? error.message : String(error) };
  }
}
