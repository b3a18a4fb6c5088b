/** Makes X.509 certificates (RFC 5280) and model signatures for tests; `node:crypto` reads certificates but makes none. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function newKey(
  namedCurve: "P-256" | "P-384" | "P-521" | "secp256k1" | "secp112r1" = "P-256",
): KeyPair {
  return generateKeyPairSync("ec", { namedCurve });
}

export const newRsaKey = (modulusLength: number): KeyPair => generateKeyPairSync("rsa", { modulusLength });
export const newEdwardsKey = (): KeyPair => generateKeyPairSync("ed25519");

export const publicPem = ({ publicKey }: KeyPair): string =>
  publicKey.export({ type: "spki", format: "pem" }).toString();

export interface CertificateParameters {
  readonly subject: string;
  readonly key: KeyPair;
  readonly issuer?: { readonly subject: string; readonly key: KeyPair };
  /** How many CA certificates may follow; `undefined` where it is no CA. */
  readonly pathLength?: number | "any" | undefined;
  readonly usage?: "sign" | "certify" | "encrypt" | undefined;
  readonly codeSigning?: boolean;
  readonly from?: string;
  readonly to?: string;
  /** An extension that nobody knows, marked critical. */
  readonly unknownCritical?: boolean;
  /** Further extensions, each in DER. */
  readonly extensions?: readonly Buffer[];
  readonly hash?: Hash;
  /** The hash that the signed part names, where that is to be another than the one in use. */
  readonly namedHash?: Hash;
  /** The key in DER (SubjectPublicKeyInfo), where that is to be another than the one in `key`. */
  readonly publicKey?: Buffer;
}

type Hash = "sha1" | "sha256";

/** A certificate in DER, signed by its issuer or by itself. */
export function certificate(parameters: CertificateParameters): Buffer {
  const { subject, key, issuer = parameters, from = "20250101000000Z", to = "20350101000000Z" } = parameters;
  const { hash = "sha256", namedHash = hash } = parameters;
  const body = sequence(
    tagged(0xa0, integer(2)),
    element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    signatureAlgorithm(issuer.key, namedHash),
    name(issuer.subject),
    sequence(element(0x18, Buffer.from(from)), element(0x18, Buffer.from(to))),
    name(subject),
    parameters.publicKey ?? key.publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions(parameters))),
  );
  const digest = issuer.key.publicKey.asymmetricKeyType === "ed25519" ? null : hash;
  const signature = sign(digest, body, { key: issuer.key.privateKey, dsaEncoding: "der" });
  return sequence(
    body,
    signatureAlgorithm(issuer.key, hash),
    element(0x03, Buffer.concat([Buffer.from([0]), signature])),
  );
}

function signatureAlgorithm({ publicKey }: KeyPair, hash: Hash): Buffer {
  switch (publicKey.asymmetricKeyType) {
    case "ed25519":
      return sequence(oid("1.3.101.112"));
    case "rsa":
      return sequence(
        oid(hash === "sha1" ? "1.2.840.113549.1.1.5" : "1.2.840.113549.1.1.11"),
        element(0x05, Buffer.alloc(0)),
      );
    default:
      return sequence(oid(hash === "sha1" ? "1.2.840.10045.4.1" : "1.2.840.10045.4.3.2"));
  }
}

export const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}(?!$)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

export interface SignatureParameters {
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  readonly key: KeyPair;
  /** With certificates, the signing one first; else with the key alone. */
  readonly chain?: readonly Buffer[];
  readonly ignored?: readonly string[];
  readonly root?: string;
  readonly predicateType?: string;
}

/** `model.sig` of OpenSSF Model Signing v1.0, as the reference implementation writes it. */
export function modelSignature(parameters: SignatureParameters): Buffer {
  const {
    files,
    key,
    chain,
    ignored = [],
    predicateType = "https://model_signing/signature/v1.0",
  } = parameters;
  const digests = files.map(({ sha256 }) => Buffer.from(sha256, "hex"));
  const root = parameters.root ?? createHash("sha256").update(Buffer.concat(digests)).digest("hex");
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "model", digest: { sha256: root } }],
    predicateType,
    predicate: {
      serialization: { method: "files", hash_type: "sha256", allow_symlinks: false, ignore_paths: ignored },
      resources: files.map(({ path, sha256 }) => ({ name: path, algorithm: "sha256", digest: sha256 })),
    },
  };
  const payload = Buffer.from(JSON.stringify(statement, null, 2));
  const payloadType = "application/vnd.in-toto+json";
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  const bits = key.publicKey.asymmetricKeyDetails?.namedCurve;
  const hash = bits === "secp384r1" ? "sha384" : bits === "secp521r1" ? "sha512" : "sha256";
  const hint = createHash("sha256").update(publicPem(key)).digest("hex");
  const material =
    chain === undefined
      ? { publicKey: { hint } }
      : {
          x509CertificateChain: { certificates: chain.map((der) => ({ rawBytes: der.toString("base64") })) },
        };
  const bundle = {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { ...material, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType,
      signatures: [
        {
          sig: sign(hash, signed, { key: key.privateKey, dsaEncoding: "der" }).toString("base64"),
          keyid: "",
        },
      ],
    },
  };
  return Buffer.from(JSON.stringify(bundle));
}

export function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [element(0x01, Buffer.from([0xff]))] : []), element(0x04, value));
}

function extensions(parameters: CertificateParameters): Buffer[] {
  const { pathLength, usage, codeSigning, unknownCritical, extensions: others = [] } = parameters;
  const all = [...others];
  if (pathLength !== undefined) {
    const limit = pathLength === "any" ? [] : [integer(pathLength)];
    all.push(extension("2.5.29.19", true, sequence(element(0x01, Buffer.from([0xff])), ...limit)));
  }
  if (usage !== undefined) {
    const bits = { sign: 0x80, certify: 0x04, encrypt: 0x10 }[usage];
    all.push(extension("2.5.29.15", true, element(0x03, Buffer.from([0, bits]))));
  }
  if (codeSigning === true) {
    all.push(extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.3"))));
  }
  if (unknownCritical === true) {
    all.push(extension("1.3.6.1.4.1.99999.1", true, integer(1)));
  }
  return all;
}

function name(commonName: string): Buffer {
  return sequence(element(0x31, sequence(oid("2.5.4.3"), element(0x0c, Buffer.from(commonName)))));
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

const tagged = element;

export function integer(value: number): Buffer {
  return element(0x02, Buffer.from([value]));
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = rest.flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left & 0x7f) | 0x80);
    }
    return groups;
  });
  return element(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

export function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x100 ? [length] : [length >> 16, (length >> 8) & 0xff, length & 0xff];
  while (size.length > 1 && size[0] === 0) {
    size.shift();
  }
  if (length >= 0x80) {
    size.unshift(0x80 | size.length);
  }
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
