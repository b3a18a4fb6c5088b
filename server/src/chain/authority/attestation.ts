import {
  type AbiParameter,
  decodeAbiParameters,
  encodeAbiParameters,
  encodePacked,
  type Hex,
  keccak256,
  parseAbiParameters,
  zeroAddress,
} from "viem";
import * as z from "zod";
import { Address, ChainHash, Count, Digest, Uint32 } from "../../platform/primitives";
import { Subject, type SubjectKind } from "./subjects";

/** The longest name of a subject, in UTF-8. */
export const MAX_NAME_BYTES = 240;
const MAX_DATA_BYTES = 512;

const Data = z
  .string()
  .max(2 + 2 * MAX_DATA_BYTES)
  .regex(/^0x(?:[0-9a-f]{2})*$/, "expected bytes in lower-case hexadecimal")
  .transform((value) => value as Hex);

/**
 * An attestation as the Ethereum Attestation Service makes it, but for when it was revoked: all that its UID binds.
 * Source: https://github.com/ethereum-attestation-service/eas-contracts/blob/master/contracts/EAS.sol (`_getUID`).
 */
export const Attestation = z.strictObject({
  schema: ChainHash,
  recipient: Address,
  attester: Address,
  /** When it was made, in seconds since 1970. */
  time: Count,
  /** When it ends; 0 for never. */
  expirationTime: Count,
  revocable: z.boolean(),
  refUID: ChainHash,
  data: Data,
  /** Tells attestations apart that are alike otherwise; 0 for nearly all. */
  bump: Uint32,
});
export type Attestation = z.infer<typeof Attestation>;

/** keccak256 of the packed fields (Solidity, *Non-standard Packed Mode*). */
export function uidOf(attestation: Attestation): ChainHash {
  const { schema, recipient, attester, time, expirationTime, revocable, refUID, data, bump } = attestation;
  return ChainHash.parse(
    keccak256(
      encodePacked(
        ["bytes32", "address", "address", "uint64", "uint64", "bool", "bytes32", "bytes", "uint32"],
        [schema, recipient, attester, BigInt(time), BigInt(expirationTime), revocable, refUID, data, bump],
      ),
    ),
  );
}

/** What attestations of an authority say. */
export type Attested =
  /** That a subject is approved, enrolled or appointed. */
  | { readonly kind: "approval"; readonly subject: Subject; readonly name: string }
  /** Since when a subject that is denied as compromised is. */
  | { readonly kind: "compromise"; readonly denial: Digest; readonly since: number };

/** The schemas, in EAS's own language; each is registered without a resolver, and as revocable. */
export const SCHEMAS: Readonly<Record<SubjectKind | "compromise", string>> = {
  model: "bytes32 prooflineModel,string name",
  device: "address prooflineDevice,string name",
  environment: "bytes32 prooflineEnvironment,string name",
  verifier: "address prooflineVerifier,string name",
  compromise: "bytes32 prooflineCompromise,uint64 since",
};
export type SchemaKind = keyof typeof SCHEMAS;

/** keccak256(schema ‖ resolver ‖ revocable), packed (EAS's SchemaRegistry, `_getUID`). */
export function schemaUid(kind: SchemaKind): ChainHash {
  return ChainHash.parse(
    keccak256(encodePacked(["string", "address", "bool"], [SCHEMAS[kind], zeroAddress, true])),
  );
}

const KINDS_BY_UID: ReadonlyMap<string, SchemaKind> = new Map(
  (["model", "device", "environment", "verifier", "compromise"] as const).map((kind) => [
    schemaUid(kind),
    kind,
  ]),
);

export function schemaOf(attested: Attested): SchemaKind {
  return attested.kind === "approval" ? attested.subject.kind : "compromise";
}

export function encodeAttested(attested: Attested): Hex {
  return attested.kind === "approval"
    ? encodeAbiParameters(parametersOf(attested.subject.kind), [wordOf(attested.subject), attested.name])
    : encodeAbiParameters(parametersOf("compromise"), [`0x${attested.denial}`, BigInt(attested.since)]);
}

/** The attestation that says something. */
export function attestationOf(
  attested: Attested,
  { attester, time, expirationTime }: Pick<Attestation, "attester" | "time" | "expirationTime">,
): Omit<Attestation, "bump"> {
  return {
    schema: schemaUid(schemaOf(attested)),
    recipient: recipientOf(attested),
    attester,
    time,
    expirationTime,
    revocable: true,
    refUID: NO_REFERENCE,
    data: encodeAttested(attested),
  };
}

/** Whom an attestation is about: the address of a key, and nobody otherwise. */
export function recipientOf(attested: Attested): Address {
  return attested.kind === "approval" &&
    (attested.subject.kind === "device" || attested.subject.kind === "verifier")
    ? attested.subject.id
    : zeroAddress;
}

/** What an attestation says; `null` where it is none of these, or spelled otherwise than by `encodeAttested`. */
export function readAttested({ schema, data, refUID, revocable }: Attestation): Attested | null {
  const kind = KINDS_BY_UID.get(schema);
  if (kind === undefined || refUID !== NO_REFERENCE || !revocable) {
    return null;
  }
  let values: readonly unknown[];
  try {
    values = decodeAbiParameters(parametersOf(kind), data);
  } catch {
    return null;
  }
  const attested = kind === "compromise" ? compromiseOf(values) : approvalOf(kind, values);
  return attested !== null && encodeAttested(attested) === data ? attested : null;
}

/** An attestation that refers to no other. */
export const NO_REFERENCE = ChainHash.parse(`0x${"00".repeat(32)}`);

const Name = z
  .string()
  .min(1)
  .refine((name) => name.isWellFormed() && Buffer.byteLength(name) <= MAX_NAME_BYTES);
const Word = z.string().transform((value) => value.slice(2).toLowerCase());

function approvalOf(kind: SubjectKind, [id, name]: readonly unknown[]): Attested | null {
  const named = Name.safeParse(name);
  const word = Word.safeParse(id);
  if (!named.success || !word.success) {
    return null;
  }
  const isKey = kind === "device" || kind === "verifier";
  const subject = Subject.safeParse({ kind, id: isKey ? `0x${word.data}` : word.data });
  return subject.success ? { kind: "approval", subject: subject.data, name: named.data } : null;
}

const Compromise = z.tuple([Word.pipe(Digest), z.bigint().transform(Number).pipe(Count)]);

function compromiseOf(values: readonly unknown[]): Attested | null {
  const read = Compromise.safeParse(values);
  if (!read.success) {
    return null;
  }
  const [denial, since] = read.data;
  return { kind: "compromise", denial, since };
}

function parametersOf(kind: SchemaKind): readonly AbiParameter[] {
  return parseAbiParameters(SCHEMAS[kind]) as readonly AbiParameter[];
}

function wordOf(subject: Subject): Hex {
  switch (subject.kind) {
    case "model":
    case "environment":
      return `0x${subject.id}`;
    case "device":
    case "verifier":
      return subject.id;
  }
}
