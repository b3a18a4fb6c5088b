/** An enclave of our own that does what OpenGradient's do, with its papers: nothing of it is made by the code under test. */
import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { encodeAbiParameters, type Hex, parseAbiParameters, toHex } from "viem";
import { certificate, newKey } from "../unit/models/certificates";

export const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
export const keccak = (...parts: readonly Uint8Array[]): Buffer =>
  Buffer.from(keccak_256(Buffer.concat(parts)));

/** 2026-02-01T12:00:00Z, when the enclave was registered. */
export const REGISTERED_AT = 1_769_947_200;
export const SIGNED_AT = REGISTERED_AT + 86_400;

export const REQUEST =
  '{"model":"gpt-5","max_tokens":200,"temperature":0.2,"messages":[{"role":"user","content":"Grüße"}]}';
/** As Python's `json.dumps(…, sort_keys=True)` of the gateway's fields spells it. */
export const CANONICAL_REQUEST =
  '{"max_tokens": 200, "messages": [{"content": "Gr\\u00fc\\u00dfe", "role": "user"}], "model": "gpt-5", "temperature": 0.2}';
export const OUTPUT = "return a + b; // Übergabe";

export interface StandInEnclave {
  readonly privateKey: KeyObject;
  /** In DER. */
  readonly signingKey: Buffer;
  /** In DER. */
  readonly tlsCertificate: Buffer;
  readonly name: Hex;
}

export function newEnclave(): StandInEnclave {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signingKey = publicKey.export({ format: "der", type: "spki" });
  const tlsCertificate = certificate({ subject: "enclave", key: newKey() });
  return { privateKey, signingKey, tlsCertificate, name: toHex(keccak(signingKey)) };
}

/** What an enclave states with an answer, by its published formulas. */
export function statement(
  enclave: StandInEnclave,
  canonical: string,
  signedOutput: string,
  timestamp = SIGNED_AT,
) {
  const requestHash = keccak(Buffer.from(canonical));
  const outputHash = keccak(Buffer.from(signedOutput));
  const time = Buffer.alloc(32);
  time.writeBigUInt64BE(BigInt(timestamp), 24);
  const signature = sign("sha256", keccak(requestHash, outputHash, time), {
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

export function answerBody(enclave: StandInEnclave, output = OUTPUT): string {
  const choice = { index: 0, finish_reason: "stop", message: { role: "assistant", content: output } };
  return JSON.stringify({
    model: "gpt-5",
    choices: [choice],
    ...statement(enclave, CANONICAL_REQUEST, output),
  });
}

export function answerStream(enclave: StandInEnclave, output = OUTPUT): string {
  const frames = [
    ...(output.match(/.{1,7}/gsu) ?? []).map((content) => ({ choices: [{ index: 0, delta: { content } }] })),
    {
      choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
      ...statement(enclave, CANONICAL_REQUEST, output),
    },
  ];
  return `${frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join("")}data: [DONE]\n\n`;
}

/** Measurements of an image, a kernel and an application. */
export const MEASUREMENTS = [1, 2, 3].map((byte) => Buffer.alloc(48, byte));

export interface DocumentParameters {
  readonly measurements?: readonly Buffer[];
  readonly bound?: StandInEnclave;
  /** When the certificate of the key that signs the document begins and ends, as in ASN.1. */
  readonly from?: string;
  readonly to?: string;
}

/** An attestation document under a root of our own, and that root's SHA-256. */
export function attestation(
  enclave: StandInEnclave,
  {
    measurements = MEASUREMENTS,
    bound = enclave,
    from = "20260201110000Z",
    to = "20260201140000Z",
  }: DocumentParameters = {},
): { readonly document: Buffer; readonly root: string } {
  const [rootKey, zoneKey, leafKey] = [newKey("P-384"), newKey("P-384"), newKey("P-384")];
  const root = certificate({ subject: "root", key: rootKey, pathLength: "any", usage: "certify" });
  const issuer = { subject: "root", key: rootKey };
  const zone = certificate({ subject: "zone", key: zoneKey, issuer, pathLength: 0, usage: "certify" });
  const leaf = certificate({
    subject: "module",
    key: leafKey,
    issuer: { subject: "zone", key: zoneKey },
    usage: "sign",
    from,
    to,
  });
  const digests = [sha256(bound.tlsCertificate), sha256(bound.signingKey)];
  const userData = Buffer.concat(digests.flatMap((digest) => [Buffer.of(0x12, 0x20), digest]));
  const payload = map(
    [text("module_id"), text("i-standin")],
    [text("digest"), text("SHA384")],
    [text("timestamp"), head(0, REGISTERED_AT * 1000)],
    [text("pcrs"), map(...measurements.map((one, index) => [head(0, index), bytes(one)] as const))],
    [text("certificate"), bytes(leaf)],
    [text("cabundle"), list(bytes(root), bytes(zone))],
    [text("public_key"), bytes(Buffer.from("dummy"))],
    [text("user_data"), bytes(userData)],
    [text("nonce"), Buffer.of(0xf6)],
  );
  const header = Buffer.of(0xa1, 0x01, 0x38, 0x22);
  const signed = list(text("Signature1"), bytes(header), bytes(Buffer.of()), bytes(payload));
  const signature = sign("sha384", signed, { key: leafKey.privateKey, dsaEncoding: "ieee-p1363" });
  const document = list(bytes(header), Buffer.of(0xa0), bytes(payload), bytes(signature));
  return { document, root: sha256(root).toString("hex") };
}

/** CBOR (RFC 8949): the first byte, and a number in eight more, or in the same one. */
function head(type: number, argument: number): Buffer {
  if (argument < 24) {
    return Buffer.of((type << 5) | argument);
  }
  if (argument < 0x1_00_00) {
    const [length, size] = argument < 0x1_00 ? [24, 1] : [25, 2];
    const short = Buffer.alloc(1 + size, (type << 5) | length);
    short.writeUIntBE(argument, 1, size);
    return short;
  }
  const long = Buffer.alloc(9, (type << 5) | 27);
  long.writeBigUInt64BE(BigInt(argument), 1);
  return long;
}
const bytes = (value: Uint8Array): Buffer => Buffer.concat([head(2, value.length), value]);
const text = (value: string): Buffer => Buffer.concat([head(3, value.length), Buffer.from(value)]);
const list = (...items: readonly Buffer[]): Buffer => Buffer.concat([head(4, items.length), ...items]);
const map = (...members: readonly (readonly [Buffer, Buffer])[]): Buffer =>
  Buffer.concat([head(5, members.length), ...members.flat()]);

export interface EntryParameters {
  readonly fields?: 10 | 11;
  readonly measurements?: readonly Buffer[];
  readonly type?: number;
  readonly enabled?: boolean;
}

const OWNER = "0x00000000000000000000000000000000000000aa";
const TEN = "address, address, string, bytes, bytes, bytes32, uint8, bool, uint256, uint256";
const TEN_FIELDS = parseAbiParameters(`(${TEN})`);
const ELEVEN_FIELDS = parseAbiParameters(`(${TEN}, (uint8, uint16, uint16, uint16, bytes, bytes, uint256))`);

/** What `getTEE` returns. */
export function registryEntry(
  { signingKey, tlsCertificate }: StandInEnclave,
  { fields = 10, measurements = MEASUREMENTS, type = 0, enabled = true }: EntryParameters = {},
): Hex {
  const values = [
    ...([OWNER, OWNER, "https://enclave.example", toHex(signingKey), toHex(tlsCertificate)] as const),
    ...([toHex(keccak(...measurements)), type, enabled, BigInt(REGISTERED_AT), BigInt(SIGNED_AT)] as const),
  ] as const;
  return fields === 10
    ? encodeAbiParameters(TEN_FIELDS, [values])
    : encodeAbiParameters(ELEVEN_FIELDS, [
        [...values, [1, 32, 1, 3, "0x1234", "0x5678", BigInt(REGISTERED_AT)]],
      ]);
}
