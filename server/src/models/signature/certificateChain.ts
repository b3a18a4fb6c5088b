// X.509 certificates (RFC 5280). The library reads what stands in them; OpenSSL, through `node:crypto`, compares names and
// key identifiers and checks signatures. To be imported where a certificate comes up and not before: few models are
// signed with one, and loading the library would hold up every start.

import { type KeyObject, X509Certificate } from "node:crypto";
// What the library is built on refuses to load without it.
import "reflect-metadata/lite";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type HashedAlgorithm,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as ParsedCertificate,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
} from "@peculiar/x509";

export { type RevocationList, readRevocationList } from "./revocationList";

/** A certificate, with what `node:crypto` does not tell of it (RFC 5280). */
export interface Certificate {
  readonly x509: X509Certificate;
  readonly key: KeyObject;
  /** The instants between which it holds, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Whether it may issue certificates: by its basic constraints and by its key usage, where it has one. */
  readonly isAuthority: boolean;
  /** How many further CA certificates may follow; `null` where there is no limit. */
  readonly pathLength: number | null;
  /** Whether its key may sign: by its key usage, or by an extended key usage that is for code or for anything. */
  readonly maySign: boolean;
  /** Object identifiers of conditions that cannot be met here: whoever meets one must refuse. */
  readonly unmet: readonly string[];
  /** Whether the signature on it is of an algorithm that nobody can forge. */
  readonly isWellSigned: boolean;
  /** Whether its key is one that nobody can guess. */
  readonly hasStrongKey: boolean;
}

/** From the signing certificate to one that the person trusts. */
export type Chain = readonly [Certificate, ...Certificate[]];

/**
 * What a search for a chain came to. `reason` is a sentence without its full stop. It is no error of this project's:
 * this file is bundled by itself, and a class would be another one there.
 */
export type ChainSearch =
  | { readonly kind: "found"; readonly chain: Chain }
  | { readonly kind: "none"; readonly reason: string };

const MAX_DEPTH = 8;
/** What one search may cost, as in Go's `crypto/x509`. Honest bundles need one signature check for each certificate. */
export const MAX_SIGNATURE_CHECKS = 100;

/**
 * Searches a chain from the first certificate to one of the trusted ones, through the others.
 *
 * @param instant at which it is judged, in milliseconds since 1970. Unless it is given, that at which the signing certificate
 * became valid, as OpenSSF Model Signing has it: a model outlives its certificate, and nothing proves when it was signed
 */
export function chainTo(
  trusted: readonly Certificate[],
  [leaf, ...others]: readonly Certificate[],
  instant?: number,
): ChainSearch {
  if (leaf === undefined) {
    return none("it holds no certificate");
  }
  const at = instant ?? leaf.from;
  const obstacle = signingObstacle(leaf);
  if (obstacle !== null) {
    return none(obstacle);
  }
  let checksLeft = MAX_SIGNATURE_CHECKS;
  const isSigned = (issued: Certificate, authority: Certificate): boolean => {
    checksLeft -= 1;
    return checksLeft >= 0 && issued.x509.verify(authority.key);
  };
  // Breadth first: what a certificate may issue depends on how far it is from the signing one, and the first way to it is
  // its shortest, so that none needs to be reached twice, however many have signed each other. The library's own builder
  // would take the first issuer whose signature fits, whatever that one may do and wherever it leads, and fail at a loop.
  const unreached = new Set(others);
  const open: Chain[] = [[leaf]];
  for (const chain of open) {
    const top = chain.at(-1) ?? leaf;
    const issued = (authority: Certificate): boolean =>
      mayIssue(authority, top, chain.length - 1, at) && isSigned(top, authority);
    const anchor = trusted.find(issued);
    if (anchor !== undefined) {
      return { kind: "found", chain: [...chain, anchor] };
    }
    if (chain.length < MAX_DEPTH) {
      for (const authority of [...unreached].filter(issued)) {
        unreached.delete(authority);
        open.push([...chain, authority]);
      }
    }
    if (checksLeft < 0) {
      return none("too many of its certificates could have issued each other");
    }
  }
  return none(`no chain leads from ${nameOf(leaf)} to a certificate that you trust`);
}

function none(reason: string): ChainSearch {
  return { kind: "none", reason };
}

/** A certificate's subject on one line. */
export function nameOf({ x509 }: Certificate): string {
  return oneLine(x509.subject);
}

export function issuerOf({ x509 }: Certificate): string {
  return oneLine(x509.issuer);
}

/** Reads one or more PEM certificates. */
export function readCertificates(pem: string): readonly Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(readCertificate);
}

/**
 * Reads one certificate, in DER or PEM.
 *
 * @throws Error with a reason where it is malformed anywhere
 */
export function readCertificate(bytes: Uint8Array | string): Certificate {
  const x509 = new X509Certificate(bytes);
  if (x509.raw.length > MAX_BYTES) {
    throw new Error(`it is longer than ${MAX_BYTES} bytes`);
  }
  const parsed = new ParsedCertificate(x509.raw, { berOptions: { maxNodes: MAX_NODES } });
  const { extensions } = parsed;
  const repeated = extensions.find(({ type }, at) => extensions.findIndex((one) => one.type === type) < at);
  if (repeated !== undefined) {
    throw new Error(`it has the extension ${repeated.type} twice`);
  }

  const basic = parsed.getExtension(BasicConstraintsExtension);
  const extended = parsed.getExtension(ExtendedKeyUsageExtension);
  const usage = parsed.getExtension(KeyUsagesExtension)?.usages ?? null;
  const isFor = (flag: number): boolean => usage !== null && (usage & flag) !== 0;
  const isForCode =
    extended?.usages.some((use) => use === ExtendedKeyUsage.codeSigning || use === ANY_USAGE) ?? false;
  const understood = [
    AuthorityKeyIdentifierExtension,
    BasicConstraintsExtension,
    KeyUsagesExtension,
    SubjectAlternativeNameExtension,
    SubjectKeyIdentifierExtension,
    ...(isForCode ? [ExtendedKeyUsageExtension] : []),
  ];
  return {
    x509,
    key: x509.publicKey,
    from: sameInstant(parsed.notBefore, x509.validFrom),
    to: sameInstant(parsed.notAfter, x509.validTo),
    isAuthority: x509.ca && basic?.ca === true && (usage === null || isFor(KeyUsageFlags.keyCertSign)),
    // From four bytes on the library gives an integer as a string, whatever its type says.
    pathLength: basic?.pathLength === undefined ? null : Number(basic.pathLength),
    maySign: isForCode || isFor(KeyUsageFlags.digitalSignature),
    unmet: extensions
      .filter(({ critical, type }) => critical || type === NAME_CONSTRAINTS)
      .filter((extension) => !understood.some((kind) => extension instanceof kind))
      .map(({ type }) => type),
    isWellSigned: isStrongSignature(parsed.signatureAlgorithm),
    hasStrongKey: isStrong(x509.publicKey),
  };
}

/** Honest certificates stay far below both. The library takes seconds over an object identifier of a million parts. */
const MAX_BYTES = 64 * 1024;
const MAX_NODES = 2_000;

const ANY_USAGE = "2.5.29.37.0";
/** To be obeyed even by who marks them as not critical, which RFC 5280 forbids: no name is compared with any here. */
const NAME_CONSTRAINTS = "2.5.29.30";

declare global {
  /** What the library's types take from a browser's. */
  interface Algorithm {
    name: string;
  }
}

/** In the terms of Web Cryptography. `hash` is absent, whatever its type says, where the algorithm names none. */
function isStrongSignature({ name, hash }: HashedAlgorithm): boolean {
  return (
    ["Ed25519", "EdDSA"].includes(name) ||
    (["ECDSA", "RSASSA-PKCS1-v1_5", "RSA-PSS"].includes(name) &&
      ["SHA-256", "SHA-384", "SHA-512"].includes(hash?.name ?? ""))
  );
}

const MIN_RSA_BITS = 2048;
const CURVES = [
  "prime256v1",
  "secp256k1",
  "secp384r1",
  "secp521r1",
  "brainpoolP256r1",
  "brainpoolP384r1",
  "brainpoolP512r1",
];

function isStrong({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  switch (asymmetricKeyType) {
    case "rsa":
    case "rsa-pss":
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
    case "ec":
      // A curve without a name is one that the key's owner made up.
      return CURVES.includes(asymmetricKeyDetails?.namedCurve ?? "");
    case "ed25519":
    case "ed448":
      return true;
    default:
      return false;
  }
}

/** The library lets a thirteenth month pass, and JavaScript takes the year 1 for 2001: neither is right alone. */
function sameInstant(parsed: Date, text: string): number {
  const instant = parsed.getTime();
  if (instant !== Date.parse(text)) {
    throw new Error("a time in it is not one of RFC 5280");
  }
  return instant;
}

/** Whether one certificate may have issued the other. `below`: CA certificates between it and the signing one. */
function mayIssue(authority: Certificate, issued: Certificate, below: number, at: number): boolean {
  return (
    authority.isAuthority &&
    (authority.pathLength === null || below <= authority.pathLength) &&
    authority.unmet.length === 0 &&
    isValidAt(authority, at) &&
    isValidAt(issued, at) &&
    issued.isWellSigned &&
    authority.hasStrongKey &&
    issued.x509.checkIssued(authority.x509)
  );
}

/** Why a certificate may not sign a model, or `null`. */
function signingObstacle(leaf: Certificate): string | null {
  if (leaf.unmet.length > 0) {
    return `its certificate has conditions that cannot be met here (${leaf.unmet.join(", ")})`;
  }
  return leaf.maySign ? null : `the certificate of ${nameOf(leaf)} is not meant for signing`;
}

function isValidAt({ from, to }: Certificate, at: number): boolean {
  return from <= at && at <= to;
}

function oneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ");
}
