import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import { AnswerFlaw } from "../attestation/answerFlaw";

const MODULUS_BITS = 2048;
const SALT_BYTES = 32;

/**
 * An enclave's signing key.
 *
 * @param der SubjectPublicKeyInfo
 * @throws AnswerFlaw where it is no RSA key of 2048 bits, or is spelled otherwise than such a key is
 */
export function readSigningKey(der: Uint8Array): KeyObject {
  let key: KeyObject | null = null;
  try {
    key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
  } catch {
    // Falls through: what OpenSSL says of a malformed key helps nobody.
  }
  const isExact = key?.export({ format: "der", type: "spki" }).equals(der) ?? false;
  if (
    key?.asymmetricKeyType !== "rsa" ||
    key.asymmetricKeyDetails?.modulusLength !== MODULUS_BITS ||
    !isExact
  ) {
    throw new AnswerFlaw("unfit", `it is no RSA key of ${MODULUS_BITS} bits`);
  }
  return key;
}

/** RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017, 8.1), over the 32 bytes of a message's hash. */
export function isSignedBy(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(
    "sha256",
    message,
    { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_BYTES },
    signature,
  );
}
