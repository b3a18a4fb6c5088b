import { toDigest } from "../../platform/digests";
import { keccak256 } from "../../platform/ecdsa";
import type { ChainHash, Digest } from "../../platform/primitives";

/** Of a request's canonical JSON, or of an output: keccak256 of its UTF-8. */
export function textHash(text: string): Digest {
  return toDigest(keccak256(Buffer.from(text, "utf8")));
}

/**
 * What the enclave signs: keccak256(request hash ‖ output hash ‖ time), the time as an unsigned number of 256 bits.
 *
 * @param timestamp seconds since 1970
 */
export function messageHash(requestHash: Digest, outputHash: Digest, timestamp: number): Uint8Array {
  const words = [requestHash, outputHash, timestamp.toString(16).padStart(64, "0")];
  return keccak256(Buffer.from(words.join(""), "hex"));
}

/** The name of an enclave: keccak256 of its signing key in DER (SubjectPublicKeyInfo). */
export function enclaveName(signingKey: Uint8Array): ChainHash {
  return `0x${toDigest(keccak256(signingKey))}`;
}

/** What the registry approves: keccak256 over the platform configuration registers 0, 1 and 2, which measure the image. */
export function measurementHash(registers: readonly Uint8Array[]): ChainHash {
  return `0x${toDigest(keccak256(Buffer.concat(registers)))}`;
}
