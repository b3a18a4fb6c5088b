import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import * as z from "zod";
import { sha256, toDigest } from "../../platform/digests";
import { CanonicalBase64, pae } from "../../platform/dsse";
import { meaningOf, ProoflineError } from "../../platform/errors";
import { Digest } from "../../platform/primitives";
import { type PinnedFile, SIGNATURE_FILE } from "../pin/manifest";
import { signatureError } from "./signatureError";

/** Whom a person trusts to sign a model: a public key, or the authorities that vouch for certificates. PEM texts. */
export type Trust =
  | { readonly kind: "none" }
  | { readonly kind: "key"; readonly pem: string }
  | { readonly kind: "authorities"; readonly pem: string };

/** Who signed. Fingerprints are SHA-256: of a key's DER (SubjectPublicKeyInfo), or of a certificate's DER. */
export const Signer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("key"), fingerprint: Digest }),
  z.strictObject({
    kind: z.literal("certificate"),
    fingerprint: Digest,
    subject: z.string(),
    issuer: z.string(),
    /** RFC 3339 instants between which the certificate holds. */
    validFrom: z.string(),
    validTo: z.string(),
  }),
]);
export type Signer = z.infer<typeof Signer>;

/**
 * What is known of a model's signature. `unchecked`: it is there and names these files with these hashes, but nobody
 * checked who made it. Only `verified` means that the named signer signed every one of the files but `unsigned`.
 */
export const SignatureReport = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("absent") }),
  z.strictObject({ kind: z.literal("unchecked"), reason: z.string() }),
  z.strictObject({
    kind: z.literal("verified"),
    signer: Signer,
    /** Pinned files that the signer left out on purpose (`ignore_paths`): nobody vouches for these. */
    unsigned: z.array(z.string()),
  }),
]);
export type SignatureReport = z.infer<typeof SignatureReport>;

export const MAX_SIGNATURE_BYTES = 16 * 1024 * 1024;

/** A Sigstore bundle, as far as OpenSSF Model Signing v1.0 uses it. */
const Bundle = z.object({
  mediaType: z.string().startsWith("application/vnd.dev.sigstore.bundle"),
  verificationMaterial: z.object({
    /** Signed with a key; `hint` is the SHA-256 of its PEM text. */
    publicKey: z.object({ hint: z.string().nullish() }).optional(),
    /** Signed with a certificate; the signing one first. */
    x509CertificateChain: z
      .object({
        certificates: z
          .array(z.object({ rawBytes: CanonicalBase64 }))
          .min(1)
          .max(16),
      })
      .optional(),
    /** Signed without a key of one's own, through Sigstore. */
    certificate: z.object({ rawBytes: CanonicalBase64 }).optional(),
  }),
  dsseEnvelope: z.object({
    payload: CanonicalBase64,
    payloadType: z.literal("application/vnd.in-toto+json"),
    signatures: z.tuple([z.object({ sig: CanonicalBase64 })]),
  }),
});
type Bundle = z.infer<typeof Bundle>;

const Statement = z.object({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.tuple([z.object({ name: z.string(), digest: z.object({ sha256: Digest }) })]),
  predicateType: z.literal("https://model_signing/signature/v1.0"),
  predicate: z.object({
    serialization: z.object({
      method: z.literal("files"),
      hash_type: z.literal("sha256"),
      allow_symlinks: z.boolean(),
      ignore_paths: z.array(z.string()).default([]),
    }),
    resources: z.array(z.object({ name: z.string(), algorithm: z.literal("sha256"), digest: Digest })).min(1),
  }),
});
type Statement = z.infer<typeof Statement>;

/** What the reference implementation leaves out of every signature (a folder stands for all in it). */
const ALWAYS_IGNORED = [SIGNATURE_FILE, ".git", ".gitattributes", ".github", ".gitignore"];

/**
 * Checks the signature beside a model (`model.sig`, OpenSSF Model Signing v1.0: a Sigstore bundle with a DSSE envelope
 * over an in-toto statement) against the files of its pin and against whom the person trusts. Files that were signed
 * but are not in the pin do not matter: a pin may hold one variant of many.
 *
 * @param bytes `model.sig`, or `null` where there is none
 * @throws ProoflineError `model.signature` where it does not fit the files, is not by the trusted signer, cannot be
 * understood, or is absent although a signer was asked for
 */
export async function checkSignature(
  bytes: Uint8Array | null,
  files: readonly PinnedFile[],
  trust: Trust,
): Promise<SignatureReport> {
  if (bytes === null) {
    if (trust.kind === "none") {
      return { kind: "absent" };
    }
    throw signatureError(`A signer was named, but there is no ${SIGNATURE_FILE} beside the model.`);
  }
  const bundle = parsed("is no Sigstore bundle that is known here", Bundle, bytes);
  const payload = Buffer.from(bundle.dsseEnvelope.payload, "base64");
  const statement = parsed("holds no statement of OpenSSF Model Signing v1.0", Statement, payload);
  const unsigned = unsignedAmong(statement, files);
  switch (trust.kind) {
    case "none":
      return { kind: "unchecked", reason: uncheckedReason(bundle) };
    case "key":
      return { kind: "verified", signer: byKey(bundle, payload, trust.pem), unsigned };
    case "authorities":
      return { kind: "verified", signer: await byCertificate(bundle, payload, trust.pem), unsigned };
  }
}

/** One line for people. */
export function describeSignature(report: SignatureReport): string {
  switch (report.kind) {
    case "absent":
      return "not signed";
    case "unchecked":
      return `signature present, not checked: ${report.reason}`;
    case "verified":
      return `signed by ${describeSigner(report.signer)}${
        report.unsigned.length === 0 ? "" : `, but for ${report.unsigned.join(", ")}`
      }`;
  }
}

function describeSigner(signer: Signer): string {
  if (signer.kind === "key") {
    return `the key ${signer.fingerprint}`;
  }
  const { subject, issuer, fingerprint, validFrom, validTo } = signer;
  const days = `${validFrom.slice(0, 10)} to ${validTo.slice(0, 10)}`;
  return `${subject} (certificate by ${issuer}, ${days}, ${fingerprint})`;
}

function uncheckedReason({ verificationMaterial: { publicKey, x509CertificateChain } }: Bundle): string {
  if (x509CertificateChain !== undefined) {
    return "it was made with a certificate; give its authority to check it";
  }
  if (publicKey !== undefined) {
    return "it was made with a key; give the public key to check it";
  }
  return "it was made through Sigstore without a key, which is not checked here";
}

/** The files that the signer left out on purpose; refuses any other that was not signed as it is. */
function unsignedAmong({ subject, predicate }: Statement, files: readonly PinnedFile[]): string[] {
  const filesRoot = createHash("sha256");
  for (const { digest } of predicate.resources) {
    filesRoot.update(Buffer.from(digest, "hex"));
  }
  if (filesRoot.digest("hex") !== subject[0].digest.sha256) {
    throw signatureError(`${SIGNATURE_FILE} contradicts itself: its root is not that of its files.`);
  }
  const signed = new Map(predicate.resources.map(({ name, digest }) => [name, digest]));
  if (signed.size !== predicate.resources.length) {
    throw signatureError(`${SIGNATURE_FILE} names a file twice.`);
  }
  const ignored = [...ALWAYS_IGNORED, ...predicate.serialization.ignore_paths];
  return files.flatMap(({ path, sha256: pinned }) => {
    const digest = signed.get(path);
    if (digest === pinned) {
      return [];
    }
    if (digest !== undefined) {
      throw signatureError(`${path} is not the file that was signed.`);
    }
    if (!ignored.some((left) => path === left || path.startsWith(`${left}/`))) {
      throw signatureError(`${path} was not signed, and the rest of the model was.`);
    }
    return [path];
  });
}

function byKey({ verificationMaterial, dsseEnvelope }: Bundle, payload: Buffer, pem: string): Signer {
  const key = readKey(pem);
  const hint = verificationMaterial.publicKey?.hint;
  const text = key.export({ type: "spki", format: "pem" });
  if (hint && hint !== toDigest(sha256(text))) {
    throw signatureError("The model was signed with another key, not the one that you gave.");
  }
  refuseForged(key, dsseEnvelope, payload);
  const der = key.export({ type: "spki", format: "der" });
  return { kind: "key", fingerprint: toDigest(sha256(der)) };
}

async function byCertificate(
  { verificationMaterial, dsseEnvelope }: Bundle,
  payload: Buffer,
  pem: string,
): Promise<Signer> {
  const { chainTo, issuerOf, nameOf, readCertificate, readCertificates } = await import("./certificateChain");
  const trusted = certificates(() => readCertificates(pem), "The file of the trusted authority");
  if (trusted.length === 0) {
    throw signatureError("The file of the trusted authority contains no PEM certificate.");
  }
  const { x509CertificateChain } = verificationMaterial;
  if (x509CertificateChain === undefined) {
    throw signatureError("The model was not signed with a certificate of an authority.");
  }
  const offered = certificates(
    () =>
      x509CertificateChain.certificates.map(({ rawBytes }) =>
        readCertificate(Buffer.from(rawBytes, "base64")),
      ),
    SIGNATURE_FILE,
  );
  const search = chainTo(trusted, offered);
  if (search.kind === "none") {
    throw signatureError(`The signature does not count: ${search.reason}.`);
  }
  const [leaf] = search.chain;
  refuseForged(leaf.key, dsseEnvelope, payload);
  return {
    kind: "certificate",
    fingerprint: toDigest(sha256(leaf.x509.raw)),
    subject: nameOf(leaf),
    issuer: issuerOf(leaf),
    validFrom: new Date(leaf.from).toISOString(),
    validTo: new Date(leaf.to).toISOString(),
  };
}

/** ECDSA over the envelope's PAE, with the hash that belongs to the curve. */
function refuseForged(
  key: KeyObject,
  { payloadType, signatures }: Bundle["dsseEnvelope"],
  payload: Buffer,
): void {
  const signature = Buffer.from(signatures[0].sig, "base64");
  const signed = pae(payloadType, payload);
  let good = false;
  try {
    good = verify(hashFor(key), signed, { key, dsaEncoding: "der" }, signature);
  } catch (error) {
    if (error instanceof ProoflineError) {
      throw error;
    }
  }
  if (!good) {
    throw signatureError("The signature was not made by that signer, or what it signs was changed.");
  }
}

function hashFor(key: KeyObject): string {
  switch (key.asymmetricKeyType === "ec" ? key.asymmetricKeyDetails?.namedCurve : undefined) {
    case "prime256v1":
      return "sha256";
    case "secp384r1":
      return "sha384";
    case "secp521r1":
      return "sha512";
    default:
      throw signatureError(
        "Models are signed with keys on the curves P-256, P-384 and P-521; this key is on none of them.",
      );
  }
}

function readKey(pem: string): KeyObject {
  // From a private key a public one would be derived: nobody should hand that around.
  const block = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/.exec(pem)?.[0];
  try {
    if (block !== undefined) {
      return createPublicKey(block);
    }
  } catch (error) {
    throw signatureError(`The signer's key cannot be read (${meaningOf(error)}).`, error);
  }
  throw signatureError("The file of the signer's key contains no PEM public key.");
}

function certificates<Value>(read: () => Value, where: string): Value {
  try {
    return read();
  } catch (error) {
    throw signatureError(`${where} holds a certificate that cannot be read (${meaningOf(error)}).`, error);
  }
}

function parsed<Value>(problem: string, schema: z.ZodType<Value>, bytes: Uint8Array): Value {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw signatureError(`${SIGNATURE_FILE} ${problem} (${meaningOf(error)}).`, error);
  }
  const result = schema.safeParse(json);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  throw signatureError(`${SIGNATURE_FILE} ${problem} (${issue?.path.join(".")}: ${issue?.message}).`);
}
