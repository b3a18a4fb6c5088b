import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { Address } from "./primitives";

/** What recovering a signer costs its time for. All implementations give the same for the same bytes. */
export interface Arithmetic {
  /** keccak256, as Ethereum uses it: 32 bytes. */
  keccak256(message: Uint8Array): Uint8Array;
  /** The public point, as 65 bytes, that a compact signature (r ‖ s) over a hash recovers to; `null` where it recovers to none. */
  recover(hash: Uint8Array, signature: Uint8Array, recovery: 0 | 1): Uint8Array | null;
}

/** Plain JavaScript, which is there at once everywhere. */
export const JAVASCRIPT: Arithmetic = {
  keccak256: (message) => keccak_256(message),
  recover(hash, signature, recovery) {
    try {
      return secp256k1.Signature.fromBytes(signature, "compact")
        .addRecoveryBit(recovery)
        .recoverPublicKey(hash)
        .toBytes(false);
    } catch {
      return null;
    }
  },
};

let arithmetic = JAVASCRIPT;

/** Has everything in this thread compute with another implementation from now on. */
export function computeWith(other: Arithmetic): void {
  arithmetic = other;
}

/** Signs bytes; gives exactly 65 bytes: r ‖ s ‖ v. */
export type Sign = (message: Uint8Array) => Uint8Array;

/** keccak256, as Ethereum uses it: 32 bytes. */
export function keccak256(message: Uint8Array): Uint8Array {
  return arithmetic.keccak256(message);
}

/** keccak256("\x19Ethereum Signed Message:\n" ‖ decimal byte length ‖ message), the hash that EIP-191 (0x45) signs. */
export function personalMessageHash(message: Uint8Array): Uint8Array {
  const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`, "latin1");
  return arithmetic.keccak256(Buffer.concat([prefix, message]));
}

/** The address of a private key of 32 bytes: the last 20 bytes of keccak256 over its public point. */
export function addressOf(privateKey: Uint8Array): Address {
  return addressOfPublicKey(secp256k1.getPublicKey(privateKey, false));
}

/**
 * Signs a message as EIP-191 `personal_sign` does: secp256k1, RFC 6979 nonces, low s, v 27 or 28. One message and
 * key have one signature, so sealing again after a crash gives the same bytes.
 */
export function signPersonalMessage(message: Uint8Array, privateKey: Uint8Array): Uint8Array {
  const signature = secp256k1.sign(personalMessageHash(message), privateKey, {
    prehash: false,
    format: "recovered",
  });
  const [recovery = 0] = signature;
  return Buffer.concat([signature.subarray(1), Uint8Array.of(27 + recovery)]);
}

/**
 * Who signed a message, or `null` where the signature is not one of exactly 65 bytes with a low s and v 27 or 28.
 * Any such signature recovers to some address: only comparing it with an expected one says anything.
 */
export function recoverSigner(message: Uint8Array, signature: Uint8Array): Address | null {
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) {
    return null;
  }
  const compact = signature.subarray(0, 64);
  if (!hasLowS(compact)) {
    return null;
  }
  const point = arithmetic.recover(personalMessageHash(message), compact, v === 27 ? 0 : 1);
  return point === null ? null : addressOfPublicKey(point);
}

function hasLowS(compact: Uint8Array): boolean {
  try {
    return !secp256k1.Signature.fromBytes(compact, "compact").hasHighS();
  } catch {
    return false;
  }
}

function addressOfPublicKey(uncompressed: Uint8Array): Address {
  const hash = arithmetic.keccak256(uncompressed.subarray(1));
  return `0x${Buffer.from(hash.subarray(12)).toString("hex")}`;
}
