/**
 * Evidence as docs/evidence.md describes it, made without any code of the product: what the product reads is compared with
 * this. Everything is derived from names, so that the same input gives the same bytes on every machine, and every value can be
 * bent before it is hashed, signed or written.
 */
import { createHash } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Place {
  line: number;
  character: number;
}

/** A piece of a claim: its place in a file as it was saved, and the whole lines there. */
export interface MadePiece {
  path: string;
  start: Place;
  end: Place;
  saved: string[];
  accepted: string;
  /** Whether the whole lines travel; they do unless said. */
  travels?: boolean;
  /** What of its whole lines is text, as docs/evidence.md has it; nothing unless said. `null`: nobody could tell. */
  textParts?: [from: number, to: number, opener: string][] | null;
  /** At how many places its lines stand in their file; one unless said. */
  copies?: number;
  /** As many of the nearest lines before it with three letters or digits as tell it from its copies; none unless said. */
  before?: { wanted: number; lines: readonly string[] } | null;
}

export type Kind = "replayable" | "attested" | "stated";

/** A claim before it is sealed. */
export interface MadeClaim {
  /** Names it, and salts and id derive from it. */
  name: string;
  kind: Kind;
  pieces: MadePiece[];
  displayed: string | null;
  /** The committed values but `displayed` and `accepted`; a replayable prompt's parts by the names of their fields. */
  values: JsonObject;
  /** Whether those travel; they do unless said. */
  open?: boolean;
  id?: string;
  /** Changes the public record before it is hashed. */
  bend?: (record: JsonObject) => void;
}

export interface MadeBatch {
  /** Of the format; the first unless said. */
  version?: 1 | 2;
  /** Names the device: its key is SHA-256 of this. */
  device: string;
  repositoryId: string;
  execution: JsonObject;
  claims: MadeClaim[];
  sequence: number;
  previousSeal: string | null;
  /** Changes the signed statement before it is signed; `null` signs what is there. */
  bendStatement?: (statement: JsonObject) => void;
  /** Changes what travels beside the envelope: the openings, or the claims and prompts of the second version. */
  bendOpenings?: (openings: JsonObject) => void;
  /** Changes the file before it is written. */
  bendFile?: (file: JsonObject) => void;
  /** Another signer than the device that is named. */
  signer?: string;
}

export interface MadeFile {
  /** What it was made of. */
  from: MadeBatch;
  text: string;
  batchRoot: string;
  seal: string;
  device: string;
  /** Leaf hashes by the claims' names. */
  leaves: Map<string, string>;
}

const FIELDS: Readonly<Record<Kind, readonly string[]>> = {
  replayable: [
    "promptPath",
    "promptPrefix",
    "promptSuffix",
    "promptContext",
    "tokens",
    "raw",
    "displayed",
    "accepted",
    "sampling",
    "ordinal",
    "seed",
    "stop",
  ],
  attested: ["request", "answer", "signature", "timestamp", "settlement", "displayed", "accepted"],
  stated: ["tool", "session", "model", "accepted"],
};

/** Fields whose bytes are those that their base64 spells. */
const BASE64_FIELDS: readonly string[] = ["request", "answer", "signature"];
/** Fields whose bytes are RFC 8785 JSON. */
const JSON_FIELDS: readonly string[] = [
  "promptPath",
  "promptContext",
  "sampling",
  "ordinal",
  "timestamp",
  "accepted",
];

export function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest();
}

/** RFC 8785, for what is in evidence: no number here needs an exponent. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

export function privateKeyOf(device: string): Uint8Array {
  return sha256("device key ", device);
}

const addresses = new Map<string, string>();

export function addressOf(device: string): string {
  const known = addresses.get(device);
  if (known !== undefined) {
    return known;
  }
  const point = secp256k1.getPublicKey(privateKeyOf(device), false);
  const address = `0x${Buffer.from(keccak_256(point.subarray(1)).subarray(12)).toString("hex")}`;
  addresses.set(device, address);
  return address;
}

/** 16 bytes as hex that derive from a name. */
export function idOf(name: string): string {
  return sha256("id ", name).toString("hex").slice(0, 32);
}

export function saltOf(claim: string, field: string): Buffer {
  return sha256("salt ", claim, "\0", field);
}

export function commitment(field: string, salt: Uint8Array, value: Uint8Array | string): string {
  return sha256("proofline/v1\0", field, "\0", salt, value).toString("hex");
}

/** The digest that an installed pin would have under a name. */
export function digestNamed(name: string): string {
  return sha256("digest ", name).toString("hex");
}

/** A marked text: the accepted part stands between `«` and `»`. */
export function marked(
  path: string,
  text: string,
): { text: string; before: string; after: string; piece: MadePiece } {
  const from = text.indexOf("«");
  const to = text.indexOf("»");
  if (from === -1 || to < from) {
    throw new Error(`no marks in ${text}`);
  }
  const before = text.slice(0, from);
  const accepted = text.slice(from + 1, to);
  const after = text.slice(to + 1);
  const whole = before + accepted + after;
  const start = placeIn(before);
  const end = placeIn(before + accepted);
  const saved = whole.split("\n").slice(start.line, end.line + 1);
  const lines = whole.split("\n");
  const bare = (some: readonly string[]): string => some.join("").replace(/[ \t,;()]/g, "");
  const others = lines.flatMap((_, at) =>
    at !== start.line && bare(lines.slice(at, at + saved.length)) === bare(saved) ? [at] : [],
  );
  const wanted = [1, 2, 3, 4, 5, 6, 7, 8].find((count) =>
    others.every(
      (at) => linesAbove(lines, at, count).join("\n") !== linesAbove(lines, start.line, count).join("\n"),
    ),
  );
  const among = {
    copies: others.length + 1,
    before: wanted === undefined ? null : { wanted, lines: linesAbove(lines, start.line, wanted) },
  };
  return { text: whole, before, after, piece: { path, start, end, saved, accepted, ...among } };
}

/** The nearest lines above one that have three letters or digits, without blanks and tabs. */
function linesAbove(lines: readonly string[], line: number, count: number): readonly string[] {
  return lines
    .slice(0, line)
    .filter((one) => (one.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= 3)
    .slice(-count)
    .map((one) => one.replace(/[ \t]/g, ""));
}

/** A piece of which nothing was said stands alone, and at the top of its file. */
const NOTHING_BEFORE = { wanted: 1, lines: [] };

function placeIn(before: string): Place {
  const lines = before.split("\n");
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

/** Seals a batch: RFC 9162 tree, DSSE envelope, EIP-191 signature. */
export function makeBatch(batch: MadeBatch): MadeFile {
  const device = addressOf(batch.device);
  const executionDigest = sha256(canonical(batch.execution)).toString("hex");
  const isFirst = batch.version !== 2;
  const leaves = new Map<string, string>();
  const hashes: Buffer[] = [];
  const signed: Json[] = [];
  const travelling: Json[] = [];
  for (const claim of batch.claims) {
    const record = recordOf(claim);
    claim.bend?.(record);
    const json = canonical({
      ...record,
      repositoryId: batch.repositoryId,
      device,
      execution: executionDigest,
    });
    const commitments = commitmentsOf(
      claim,
      isFirst ? (field) => saltOf(claim.name, field) : derivedSalt(claim),
    );
    const inOrder = FIELDS[claim.kind].map((field) => Buffer.from(commitments[field] ?? "", "hex"));
    const sealed = sealedDigest(claim.kind, commitments);
    const texts = TEXTS.flatMap((field) => Buffer.from(commitments[field] ?? "", "hex"));
    const leaf = isFirst
      ? sha256(Uint8Array.of(0), uint32(Buffer.byteLength(json)), json, ...inOrder)
      : sha256(
          Uint8Array.of(0),
          "proofline/v2\0claim\0",
          uint32(Buffer.byteLength(json)),
          json,
          sealed,
          ...texts,
        );
    hashes.push(leaf);
    leaves.set(claim.name, leaf.toString("hex"));
    signed.push({ record, commitments });
    travelling.push(travellingClaim(claim, record, sealed));
  }
  const root = treeRoot(hashes);
  const statement: JsonObject = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "suggestions", digest: { sha256: root.toString("hex") } }],
    predicateType: `urn:proofline:suggestions:v${isFirst ? 1 : 2}`,
    predicate: {
      repositoryId: batch.repositoryId,
      device,
      execution: batch.execution,
      sequence: batch.sequence,
      previousSeal: batch.previousSeal,
      tree: { algorithm: "rfc9162-sha256", size: hashes.length },
      ...(isFirst && { claims: signed }),
    },
  };
  batch.bendStatement?.(statement);
  const payload = Buffer.from(canonical(statement), "utf8");
  const type = "application/vnd.in-toto+json";
  const encoding = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
  const signature = personalSignature(encoding, privateKeyOf(batch.signer ?? batch.device));
  const seal = sha256("\0proofline/v1/seal\0", sha256(encoding), signature);
  const prompts = promptsOf(batch.claims, isFirst ? promptOpening : secondPromptOpening);
  const openings: JsonObject = isFirst
    ? { prompts, texts: batch.claims.map(textsOf) }
    : { prompts, claims: travelling };
  batch.bendOpenings?.(openings);
  const envelope: JsonObject = {
    payload: payload.toString("base64"),
    payloadType: type,
    signatures: [{ keyid: addressOf(batch.signer ?? batch.device), sig: signature.toString("base64") }],
  };
  const file: JsonObject = isFirst ? { envelope, openings } : { envelope, ...openings };
  batch.bendFile?.(file);
  return {
    from: batch,
    text: isFirst ? pretty(file) : lined(file),
    batchRoot: sha256(Uint8Array.of(1), root, seal).toString("hex"),
    seal: seal.toString("hex"),
    device,
    leaves,
  };
}

/** The canonical order and spelling, with white space between tokens. */
export function pretty(value: Json): string {
  return `${JSON.stringify(JSON.parse(canonical(value)), null, 2)}\n`;
}

/** The canonical spelling with a line for each member, and for each item of a member that is an array. */
export function lined(file: JsonObject): string {
  const members = Object.keys(file)
    .sort()
    .map((key) => {
      const value = file[key] ?? null;
      const text =
        Array.isArray(value) && value.length > 0
          ? `[\n${value.map(canonical).join(",\n")}\n]`
          : canonical(value);
      return `${JSON.stringify(key)}:${text}`;
    });
  return `{\n${members.join(",\n")}\n}\n`;
}

function recordOf(claim: MadeClaim): JsonObject {
  const acceptedSalt = saltOf(claim.name, "accepted");
  const accepted = claim.pieces.reduce((sum, piece) => sum + piece.accepted.length, 0);
  const record: JsonObject = {
    id: claim.id ?? idOf(claim.name),
    pieces: claim.pieces.map(
      ({ path, start, end, saved, copies = 1, before = NOTHING_BEFORE, textParts = [] }, piece) => ({
        path,
        start: { ...start },
        end: { ...end },
        lines: saved.map((line, index) => ({
          digest: commitment("line", lineSalt(acceptedSalt, piece, index), line),
          length: line.length,
        })),
        copies,
        before: before && {
          lines: before.wanted,
          digest: sha256(
            "proofline/v1\0linesBefore\0",
            sha256("proofline/v1\0linesBeforeSalt\0", acceptedSalt, uint32(piece)),
            before.lines.join("\n"),
          ).toString("hex"),
        },
        surroundings:
          textParts === null
            ? null
            : {
                grammars: "v1",
                digest: sha256(
                  "proofline/v1\0surroundings\0",
                  sha256("proofline/v1\0surroundingsSalt\0", acceptedSalt, uint32(piece)),
                  sha256(canonical(textParts)),
                ).toString("hex"),
              },
      }),
    ),
  };
  const displayed = claim.displayed?.length ?? 0;
  if (claim.kind === "stated") {
    return { ...record, counts: { accepted } };
  }
  const { tokens } = claim.values;
  return {
    ...record,
    acceptance: accepted === displayed ? "whole" : "partial",
    trim: "trim/v1",
    counts:
      claim.kind === "replayable"
        ? { accepted, displayed, tokens: Array.isArray(tokens) ? tokens.length : 0 }
        : { accepted, displayed },
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function lineSalt(acceptedSalt: Uint8Array, piece: number, line: number): Buffer {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(piece, 0);
  numbers.writeUInt32BE(line, 4);
  return sha256("proofline/v1\0lineSalt\0", acceptedSalt, numbers);
}

/** The fields that travel with every claim, in the order of the leaf. */
const TEXTS: readonly string[] = ["displayed", "accepted"];

/** The salts of the second version: one for both texts, and one that those of all other fields derive from. */
function derivedSalt(claim: MadeClaim): (field: string) => Buffer {
  return (field) =>
    TEXTS.includes(field)
      ? saltOf(claim.name, "accepted")
      : sha256("proofline/v2\0fieldSalt\0", saltOf(claim.name, "prompt"), field);
}

/** What stands in a leaf of the second version for all that opens with the prompt. */
function sealedDigest(kind: Kind, commitments: Record<string, string>): Buffer {
  const sealed = FIELDS[kind].filter((field) => !TEXTS.includes(field));
  return sha256(
    "proofline/v2\0sealed\0",
    ...sealed.map((field) => Buffer.from(commitments[field] ?? "", "hex")),
  );
}

/** A claim of the second version as it travels: what its reader computes is left out. */
function travellingClaim(claim: MadeClaim, record: JsonObject, sealed: Buffer): JsonObject {
  const pieces = Array.isArray(record.pieces) ? record.pieces : [];
  const { tokens } = claim.values;
  return {
    id: record.id ?? null,
    pieces: pieces.map((piece, index) => {
      const made = claim.pieces[index];
      return typeof piece === "object" && piece !== null && !Array.isArray(piece) && made !== undefined
        ? {
            ...piece,
            accepted: made.accepted,
            lines: made.travels === false ? (piece.lines ?? null) : made.saved.join("\n"),
          }
        : piece;
    }),
    displayed: claim.displayed,
    trim: record.trim ?? null,
    salt: saltOf(claim.name, "accepted").toString("hex"),
    sealed:
      claim.open === false
        ? { digest: sealed.toString("hex"), tokens: Array.isArray(tokens) ? tokens.length : null }
        : null,
  };
}

function commitmentsOf(claim: MadeClaim, salt: (field: string) => Buffer): Record<string, string> {
  const values: JsonObject = {
    ...claim.values,
    accepted: claim.pieces.map(({ accepted }) => accepted),
    ...(claim.displayed !== null && { displayed: claim.displayed }),
  };
  return Object.fromEntries(
    FIELDS[claim.kind].map((field) => [
      field,
      commitment(field, salt(field), bytesOf(field, values[field] ?? null)),
    ]),
  );
}

function bytesOf(field: string, value: Json): Uint8Array | string {
  if (field === "tokens" && Array.isArray(value)) {
    const bytes = Buffer.alloc(4 * value.length);
    for (const [index, token] of value.entries()) {
      bytes.writeUInt32BE(Number(token) % 2 ** 32, 4 * index);
    }
    return bytes;
  }
  if (field === "seed") {
    return Buffer.from(String(value), "hex");
  }
  if (BASE64_FIELDS.includes(field)) {
    return Buffer.from(String(value), "base64");
  }
  return JSON_FIELDS.includes(field) ? canonical(value) : String(value);
}

function textsOf(claim: MadeClaim): JsonObject {
  const salt = (field: string): string => saltOf(claim.name, field).toString("hex");
  return {
    accepted: { salt: salt("accepted"), texts: claim.pieces.map(({ accepted }) => accepted) },
    displayed: claim.displayed === null ? null : { salt: salt("displayed"), text: claim.displayed },
    saved: claim.pieces.map(({ saved, travels }) => (travels === false ? null : saved.join("\n"))),
  };
}

function promptsOf(claims: readonly MadeClaim[], opening: (claim: MadeClaim) => JsonObject): string | null {
  if (claims.every(({ open }) => open === false)) {
    return null;
  }
  return deflated(canonical(claims.map((claim) => (claim.open === false ? null : opening(claim)))));
}

/** What travels of a claim of the first version beside its texts. */
export function promptOpening(claim: MadeClaim): JsonObject {
  const salts = Object.fromEntries(
    FIELDS[claim.kind]
      .filter((field) => !TEXTS.includes(field))
      .map((field) => [field, saltOf(claim.name, field).toString("hex")]),
  );
  return { salts, values: promptValues(claim) };
}

/** The same of the second version. */
export function secondPromptOpening(claim: MadeClaim): JsonObject {
  return { salt: saltOf(claim.name, "prompt").toString("hex"), values: promptValues(claim) };
}

function promptValues(claim: MadeClaim): JsonObject {
  const { promptPath, promptPrefix, promptSuffix, promptContext, ...rest } = claim.values;
  const prompt: JsonObject = {
    path: promptPath ?? null,
    prefix: promptPrefix ?? "",
    suffix: promptSuffix ?? "",
    context: promptContext ?? [],
  };
  return claim.kind === "replayable" ? { prompt, ...rest } : claim.values;
}

/** Raw deflate in stored blocks (RFC 1951, 3.2.4): the same bytes on every machine. Base64. */
export function deflated(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 65_535) {
    const part = bytes.subarray(at, at + 65_535);
    const head = Buffer.alloc(5);
    head.writeUInt8(at + part.length === bytes.length ? 1 : 0, 0);
    head.writeUInt16LE(part.length, 1);
    head.writeUInt16LE(0xffff - part.length, 3);
    blocks.push(head, part);
  }
  return Buffer.concat(blocks).toString("base64");
}

function treeRoot(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (only === undefined) {
    return sha256();
  }
  if (hashes.length === 1) {
    return only;
  }
  let split = 1;
  while (split * 2 < hashes.length) {
    split *= 2;
  }
  return sha256(Uint8Array.of(1), treeRoot(hashes.slice(0, split)), treeRoot(hashes.slice(split)));
}

/** EIP-191 over the bytes: r ‖ s ‖ v. */
function personalSignature(message: Uint8Array, key: Uint8Array): Buffer {
  const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`, "latin1");
  const [recovery = 0, ...rest] = secp256k1.sign(keccak_256(Buffer.concat([prefix, message])), key, {
    prehash: false,
    format: "recovered",
  });
  return Buffer.from([...rest, 27 + recovery]);
}
