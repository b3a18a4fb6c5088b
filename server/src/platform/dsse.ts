import * as z from "zod";

/**
 * Base64 (RFC 4648, section 4) in its one canonical spelling: standard alphabet, padded, unused bits zero. DSSE
 * readers elsewhere also take the URL alphabet; here one spelling is the rule.
 */
export const CanonicalBase64 = z
  .string()
  .refine((text) => Buffer.from(text, "base64").toString("base64") === text, "expected canonical base64");

/** DSSE's pre-authentication encoding: what is signed. Lengths are decimal byte counts. */
export function pae(type: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `, "utf8"),
    body,
  ]);
}
