/**
 * The part of `@phala/dcap-qvl` that checks quotes, which its own types do not tell of. It fetches nothing. What it answers is
 * parsed, not believed.
 */
declare module "@phala/dcap-qvl/src/verify.js" {
  export class QuoteVerifier {
    /** @param rootCaDer the certificate that decides, in DER */
    static newWithRootCa(rootCaDer: Buffer): QuoteVerifier;

    /** @throws Error where the quote or what is said of its platform does not hold at that instant */
    verify(rawQuote: Uint8Array, collateral: Readonly<Record<string, string>>, nowSecs: number): unknown;
  }
}
