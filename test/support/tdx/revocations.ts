/** Certificate revocation lists (RFC 5280, section 5). */
import { sign, X509Certificate } from "node:crypto";
import { element, integer, type KeyPair, oid, sequence } from "../../unit/models/certificates";

export interface RevocationParameters {
  readonly issuer: { readonly subject: string; readonly key: KeyPair };
  /** The certificates that are revoked, in DER. */
  readonly revoked?: readonly Buffer[];
  /** When it was made and when the next one is, in seconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Extensions of the list, each in DER. */
  readonly extensions?: readonly Buffer[];
}

/** A list in DER, signed by its issuer. */
export function revocationList(parameters: RevocationParameters): Buffer {
  const { issuer, revoked = [], from, to, extensions = [] } = parameters;
  const entries = revoked.map((der) => sequence(element(0x02, serialOf(der)), time(from)));
  const body = sequence(
    ...[integer(1), ECDSA_WITH_SHA256, commonName(issuer.subject), time(from), time(to)],
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    ...(extensions.length === 0 ? [] : [element(0xa0, sequence(...extensions))]),
  );
  const signature = sign("sha256", body, { key: issuer.key.privateKey, dsaEncoding: "der" });
  return sequence(body, ECDSA_WITH_SHA256, element(0x03, Buffer.concat([Buffer.of(0), signature])));
}

const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

function commonName(name: string): Buffer {
  return sequence(element(0x31, sequence(oid("2.5.4.3"), element(0x0c, Buffer.from(name)))));
}

function serialOf(der: Buffer): Buffer {
  return Buffer.from(new X509Certificate(der).serialNumber, "hex");
}

/** GeneralizedTime. */
export function time(seconds: number): Buffer {
  return element(0x18, Buffer.from(spelledTime(seconds)));
}

export function spelledTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
}
