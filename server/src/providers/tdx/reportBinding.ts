import { sha256 } from "../../platform/digests";
import type { Address } from "../../platform/primitives";

/**
 * What the first half of a quote's report data is about. `key`: the key of this address. `keyAndCertificate`: that key together with
 * this TLS certificate. `anotherKey`: a key of another address. `anotherPair`: another key or another certificate than this one.
 * `unknown`: a key and a certificate of which only one was given, or something else.
 */
export type ReportBinding = "key" | "keyAndCertificate" | "anotherKey" | "anotherPair" | "unknown";

/**
 * @param reportData 64 bytes. Of the first 32, 20 are an address with zeros behind it, or all are the SHA-256 of address and
 * fingerprint, as NEAR AI Cloud and Phala describe it; the other 32 are `nonceIn`
 * @param fingerprint SHA-256 of a TLS certificate; `null` where none is known
 */
export function bindingOf(
  reportData: Uint8Array,
  address: Address,
  fingerprint: Uint8Array | null,
): ReportBinding {
  const bound = reportData.subarray(0, 32);
  const key = Buffer.from(address.slice(2), "hex");
  if (fingerprint !== null && sha256(key, fingerprint).equals(bound)) {
    return "keyAndCertificate";
  }
  // No hash ends in twelve zeros.
  if (bound.subarray(key.length).every((byte) => byte === 0)) {
    return key.equals(bound.subarray(0, key.length)) ? "key" : "anotherKey";
  }
  return fingerprint === null ? "unknown" : "anotherPair";
}

/** What whoever asked for the report chose: the second half of its data. */
export function nonceIn(reportData: Uint8Array): string {
  return Buffer.from(reportData.subarray(32)).toString("hex");
}
