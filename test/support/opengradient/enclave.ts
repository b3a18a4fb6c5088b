/** An enclave of our own that signs as OpenGradient's do. Nothing of it is made by the code under test. */
import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { type Hex, toHex } from "viem";
import { certificate, element, extension, newKey, sequence } from "../../unit/models/certificates";

export const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
export const keccak = (...parts: readonly Uint8Array[]): Buffer =>
  Buffer.from(keccak_256(Buffer.concat(parts)));

/** What a server shows that it is. */
export interface TlsIdentity {
  /** In DER, signed by its own key, for loopback. */
  readonly tlsCertificate: Buffer;
  readonly tlsKey: KeyObject;
}

export interface StandInEnclave extends TlsIdentity {
  readonly privateKey: KeyObject;
  /** In DER (SubjectPublicKeyInfo). */
  readonly signingKey: Buffer;
  /** keccak256 of the signing key. */
  readonly name: Hex;
}

export function newEnclave(): StandInEnclave {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signingKey = publicKey.export({ format: "der", type: "spki" });
  return { privateKey, signingKey, name: toHex(keccak(signingKey)), ...newTlsIdentity() };
}

export function newTlsIdentity(): TlsIdentity {
  const key = newKey();
  return {
    tlsCertificate: certificate({ subject: "enclave", key, extensions: [ON_LOOPBACK] }),
    tlsKey: key.privateKey,
  };
}

/** The alternative names `localhost` and 127.0.0.1 (RFC 5280, 4.2.1.6). */
const ON_LOOPBACK = extension(
  "2.5.29.17",
  false,
  sequence(element(0x82, Buffer.from("localhost")), element(0x87, Buffer.of(127, 0, 0, 1))),
);

/** What an enclave states with an answer, in the gateway's names. */
export interface EnclaveStatement {
  readonly tee_id: Hex;
  readonly tee_request_hash: string;
  readonly tee_output_hash: string;
  readonly tee_timestamp: number;
  readonly tee_signature: string;
}

/** What an enclave states with an answer, by its published formulas. @param timestamp seconds since 1970 */
export function statement(
  enclave: StandInEnclave,
  canonical: string,
  signedOutput: string,
  timestamp: number,
): EnclaveStatement {
  const requestHash = keccak(Buffer.from(canonical));
  const outputHash = keccak(Buffer.from(signedOutput));
  const signature = sign("sha256", signedMessage(requestHash, outputHash, timestamp), {
    key: enclave.privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  });
  return {
    tee_id: enclave.name,
    tee_request_hash: requestHash.toString("hex"),
    tee_output_hash: outputHash.toString("hex"),
    tee_timestamp: timestamp,
    tee_signature: signature.toString("base64"),
  };
}

/** The 32 bytes that are signed. */
export function signedMessage(requestHash: Buffer, outputHash: Buffer, timestamp: number): Buffer {
  const time = Buffer.alloc(32);
  time.writeBigUInt64BE(BigInt(timestamp), 24);
  return keccak(requestHash, outputHash, time);
}
