// AWS Nitro attestation documents: https://docs.aws.amazon.com/enclaves/latest/user/verify-root.html

import { type KeyObject, verify } from "node:crypto";
import { sha256Digest, toDigest } from "../../platform/digests";
import type { ChainHash, Digest } from "../../platform/primitives";
import { AnswerFlaw } from "../attestation/answerFlaw";
import { measurementHash } from "./answerHashes";
import {
  type CborMap,
  type CborValue,
  cborBytes,
  cborList,
  cborText,
  isCborBytes,
  isCborList,
  isCborMap,
  readCbor,
} from "./cbor";

export const MAX_DOCUMENT_BYTES = 64 * 1024;

/** What Amazon's Nitro hypervisor says of an enclave, as it stands in the document; nothing of it is checked yet. */
export interface AttestationDocument {
  /** When it was made, in milliseconds since 1970. */
  readonly timestamp: number;
  /** The platform configuration registers 0, 1 and 2: measurements of image, kernel and application. */
  readonly measurements: readonly [Buffer, Buffer, Buffer];
  /** The certificate of the key that signed the document, in DER. */
  readonly certificate: Buffer;
  /** Those that vouch for it, in DER, Amazon's own root first. */
  readonly authorities: readonly [Buffer, ...Buffer[]];
  readonly bound: BoundKeys;
  readonly signedBytes: Buffer;
  readonly signature: Buffer;
}

/** What the enclave had the hypervisor sign with its measurements, as SHA-256. */
export interface BoundKeys {
  /** Of the TLS certificate in DER. */
  readonly tlsCertificate: Digest;
  /** Of the signing key in DER (SubjectPublicKeyInfo). */
  readonly signingKey: Digest;
}

/** COSE (RFC 9053): ECDSA with SHA-384. */
const ES384 = -35;
const ALGORITHM = 1;
const SIGNATURE_BYTES = 96;
const MEASUREMENT_BYTES = 48;
/** The tag that a COSE_Sign1 message may bear (RFC 9052, 2). */
const SIGN1_TAG = 0xd2;
const MAX_AUTHORITIES = 8;

/**
 * Reads an attestation document: a COSE_Sign1 message (RFC 9052) whose payload is a map.
 *
 * @throws AnswerFlaw where it is none, or not one by which OpenGradient's enclaves bind their keys
 */
export function readAttestationDocument(bytes: Uint8Array): AttestationDocument {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new AnswerFlaw("unfit", `it is longer than ${MAX_DOCUMENT_BYTES} bytes`);
  }
  const message = readCbor(bytes[0] === SIGN1_TAG ? bytes.subarray(1) : bytes);
  const [header, unprotected, payload, signature, ...rest] = isCborList(message) ? message : [];
  const algorithm = isCborBytes(header) ? readCbor(header) : null;
  if (
    !isCborBytes(header) ||
    !isCborMap(algorithm) ||
    algorithm.size !== 1 ||
    algorithm.get(ALGORITHM) !== ES384 ||
    !isCborMap(unprotected) ||
    unprotected.size > 0 ||
    !isCborBytes(payload) ||
    !isCborBytes(signature) ||
    signature.length !== SIGNATURE_BYTES ||
    rest.length > 0
  ) {
    throw new AnswerFlaw("unfit", "it is not signed as such a document is (COSE_Sign1, ES384)");
  }
  const fields = readCbor(payload);
  if (!isCborMap(fields)) {
    throw new AnswerFlaw("unfit", "it is not written as such a document is");
  }
  const timestamp = fields.get("timestamp");
  if (fields.get("digest") !== "SHA384" || typeof timestamp !== "number" || timestamp < 0) {
    throw new AnswerFlaw("unfit", "it does not say when it was made, or measures otherwise than by SHA-384");
  }
  return {
    timestamp,
    measurements: measurementsOf(fields),
    ...certificatesOf(fields),
    bound: boundKeysOf(fields),
    // RFC 9052, 4.4.
    signedBytes: cborList(
      cborText("Signature1"),
      cborBytes(header),
      cborBytes(Buffer.of()),
      cborBytes(payload),
    ),
    signature,
  };
}

/** Whether a key signed the document. */
export function isDocumentSignedBy(key: KeyObject, { signedBytes, signature }: AttestationDocument): boolean {
  return (
    key.asymmetricKeyType === "ec" &&
    key.asymmetricKeyDetails?.namedCurve === "secp384r1" &&
    verify("sha384", signedBytes, { key, dsaEncoding: "ieee-p1363" }, signature)
  );
}

/** What the registry would have to approve. */
export function measurementHashOf({ measurements }: AttestationDocument): ChainHash {
  return measurementHash(measurements);
}

/** Whether the enclave ran in debug mode, where its owner looks into it and changes it: it is measured as zeros then. */
export function isDebugEnclave({ measurements: [image] }: AttestationDocument): boolean {
  return image.every((byte) => byte === 0);
}

export function bindsSigningKey({ bound }: AttestationDocument, signingKey: Uint8Array): boolean {
  return bound.signingKey === sha256Digest(signingKey);
}

export function bindsTlsCertificate({ bound }: AttestationDocument, certificate: Uint8Array): boolean {
  return bound.tlsCertificate === sha256Digest(certificate);
}

function measurementsOf(fields: CborMap): readonly [Buffer, Buffer, Buffer] {
  const registers = fields.get("pcrs") ?? null;
  const [image, kernel, application] = [0, 1, 2].map((index) =>
    isCborMap(registers) ? registers.get(index) : undefined,
  );
  if (!isMeasurement(image) || !isMeasurement(kernel) || !isMeasurement(application)) {
    throw new AnswerFlaw("unfit", "it does not measure image, kernel and application");
  }
  return [image, kernel, application];
}

function certificatesOf(fields: CborMap): Pick<AttestationDocument, "certificate" | "authorities"> {
  const certificate = fields.get("certificate");
  const bundle = fields.get("cabundle");
  const [root, ...others] = isCborList(bundle) ? bundle.filter(isCborBytes) : [];
  if (!isCborBytes(certificate) || root === undefined || others.length >= MAX_AUTHORITIES) {
    throw new AnswerFlaw("unfit", "it has no certificates, or too many");
  }
  return { certificate, authorities: [root, ...others] };
}

/** Two SHA-256 digests, each with two bytes before it that say what it is and how long (multihash). */
const SHA256_PREFIX = Buffer.of(0x12, 32);
const BOUND_BYTES = 68;

function boundKeysOf(fields: CborMap): BoundKeys {
  const data = fields.get("user_data");
  if (
    !isCborBytes(data) ||
    data.length !== BOUND_BYTES ||
    !data.subarray(0, 2).equals(SHA256_PREFIX) ||
    !data.subarray(34, 36).equals(SHA256_PREFIX)
  ) {
    throw new AnswerFlaw("unfit", "it does not bind the enclave's keys");
  }
  return {
    tlsCertificate: toDigest(data.subarray(2, 34)),
    signingKey: toDigest(data.subarray(36, BOUND_BYTES)),
  };
}

function isMeasurement(value: CborValue | undefined): value is Buffer {
  return isCborBytes(value) && value.length === MEASUREMENT_BYTES;
}
