/** Attestation documents (COSE_Sign1, ES384) as Amazon's hypervisor signs them, under a root of our own. */
import { sign } from "node:crypto";
import { certificate, newKey } from "../../unit/models/certificates";
import { bytes, list, map, nothing, number, text } from "./cborWriter";
import { type StandInEnclave, sha256 } from "./enclave";

/** Measurements of an image, a kernel and an application. */
export const MEASUREMENTS: readonly Buffer[] = [1, 2, 3].map((byte) => Buffer.alloc(48, byte));
/** Those of an enclave in debug mode, whose owner looks into it and changes it. */
export const DEBUG_MEASUREMENTS: readonly Buffer[] = [0, 0, 0].map((byte) => Buffer.alloc(48, byte));

export interface DocumentParameters {
  /** What the document is about: its TLS certificate and its signing key. */
  readonly enclave: StandInEnclave;
  readonly measurements?: readonly Buffer[];
  /** When it is made, in seconds since 1970. */
  readonly at: number;
  readonly nonce?: Buffer;
  /** When the certificate of the key that signs it begins and ends, in seconds since 1970: an hour before, two hours after. */
  readonly from?: number;
  readonly to?: number;
}

export interface Hypervisor {
  /** SHA-256 of its root certificate in DER: what is pinned in place of Amazon's. */
  readonly root: string;
  attest(parameters: DocumentParameters): Buffer;
}

/** A hypervisor with a root certificate of its own, and another between it and those that sign. */
export function newHypervisor(): Hypervisor {
  const [rootKey, zoneKey] = [newKey("P-384"), newKey("P-384")];
  const root = certificate({ subject: "root", key: rootKey, pathLength: "any", usage: "certify" });
  const issuer = { subject: "root", key: rootKey };
  const zone = certificate({ subject: "zone", key: zoneKey, issuer, pathLength: 0, usage: "certify" });
  return {
    root: sha256(root).toString("hex"),
    attest({ enclave, measurements = MEASUREMENTS, at, nonce, from = at - 3_600, to = at + 7_200 }) {
      const leafKey = newKey("P-384");
      const leaf = certificate({
        subject: "module",
        key: leafKey,
        issuer: { subject: "zone", key: zoneKey },
        usage: "sign",
        from: asn1Time(from),
        to: asn1Time(to),
      });
      const digests = [sha256(enclave.tlsCertificate), sha256(enclave.signingKey)];
      const userData = Buffer.concat(digests.flatMap((digest) => [Buffer.of(0x12, 0x20), digest]));
      const payload = map(
        [text("module_id"), text("i-standin")],
        [text("digest"), text("SHA384")],
        [text("timestamp"), number(at * 1000)],
        [text("pcrs"), map(...measurements.map((one, index) => [number(index), bytes(one)] as const))],
        [text("certificate"), bytes(leaf)],
        [text("cabundle"), list(bytes(root), bytes(zone))],
        [text("public_key"), bytes(Buffer.from("dummy"))],
        [text("user_data"), bytes(userData)],
        [text("nonce"), nonce === undefined ? nothing : bytes(nonce)],
      );
      const signed = list(text("Signature1"), bytes(ES384), bytes(Buffer.of()), bytes(payload));
      const signature = sign("sha384", signed, { key: leafKey.privateKey, dsaEncoding: "ieee-p1363" });
      return list(bytes(ES384), map(), bytes(payload), bytes(signature));
    },
  };
}

/** The protected header `{1: -35}` (RFC 9053, 2.1). */
const ES384 = Buffer.of(0xa1, 0x01, 0x38, 0x22);

/** GeneralizedTime. */
function asn1Time(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
}
