import { decodeAbiParameters, type Hex, toBytes } from "viem";
import { Address, type ChainHash } from "../../platform/primitives";
import { AnswerFlaw } from "../attestation/answerFlaw";
import { enclaveName } from "./answerHashes";

/** What the registry on OpenGradient's chain holds of an enclave (`getTEE`). */
export interface RegistryEntry {
  /** Whom answers are paid to. */
  readonly payee: Address;
  /** Where it listens: whatever its owner wrote. */
  readonly endpoint: string;
  /** In DER (SubjectPublicKeyInfo). */
  readonly signingKey: Uint8Array;
  /** In DER. */
  readonly tlsCertificate: Uint8Array;
  readonly measurementHash: ChainHash;
  /** 0: relays to language models. 1: validates. */
  readonly type: number;
  readonly isEnabled: boolean;
  /** Seconds since 1970. */
  readonly registeredAt: number;
}

/** Relays to language models. */
export const LLM_PROXY = 0;

const MAX_ENTRY_BYTES = 64 * 1024;
const WORD_BYTES = 32;
/** Of the return value: the offset of the entry, then owner and payment address, each one word. */
const FIRST_OFFSET_AT = 3 * WORD_BYTES;

const FIELDS = [
  { name: "owner", type: "address" },
  { name: "paymentAddress", type: "address" },
  { name: "endpoint", type: "string" },
  { name: "publicKey", type: "bytes" },
  { name: "tlsCertificate", type: "bytes" },
  { name: "pcrHash", type: "bytes32" },
  { name: "teeType", type: "uint8" },
  { name: "enabled", type: "bool" },
  { name: "registeredAt", type: "uint256" },
  { name: "lastHeartbeatAt", type: "uint256" },
] as const;

const OHTTP = {
  name: "ohttpConfig",
  type: "tuple",
  components: [
    { name: "keyId", type: "uint8" },
    { name: "kemId", type: "uint16" },
    { name: "kdfId", type: "uint16" },
    { name: "aeadId", type: "uint16" },
    { name: "publicKey", type: "bytes" },
    { name: "keyConfig", type: "bytes" },
    { name: "registeredAt", type: "uint256" },
  ],
} as const;

const TEN_FIELDS = [{ type: "tuple", components: FIELDS }] as const;
const ELEVEN_FIELDS = [{ type: "tuple", components: [...FIELDS, OHTTP] }] as const;

/**
 * Decodes what `getTEE(bytes32)` returned. The contract has had two layouts, of 10 and of 11 fields; which one it is, the
 * first offset tells, because what it points to comes right after the last field.
 *
 * @throws AnswerFlaw where it is neither
 */
export function decodeRegistryEntry(data: Hex): RegistryEntry {
  const bytes = toBytes(data);
  const [entry] = decoded(data, bytes);
  const { paymentAddress, endpoint, publicKey, tlsCertificate, pcrHash, teeType, enabled, registeredAt } =
    entry;
  if (registeredAt > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new AnswerFlaw("unfit", "it holds a time that cannot be");
  }
  return {
    payee: Address.parse(paymentAddress.toLowerCase()),
    endpoint,
    signingKey: toBytes(publicKey),
    tlsCertificate: toBytes(tlsCertificate),
    measurementHash: pcrHash,
    type: teeType,
    isEnabled: enabled,
    registeredAt: Number(registeredAt),
  };
}

function decoded(data: Hex, bytes: Uint8Array) {
  if (bytes.length > MAX_ENTRY_BYTES) {
    throw new AnswerFlaw("unfit", `it is longer than ${MAX_ENTRY_BYTES} bytes`);
  }
  const offset = Buffer.from(bytes.subarray(FIRST_OFFSET_AT, FIRST_OFFSET_AT + WORD_BYTES)).toString("hex");
  try {
    switch (offset === "" ? -1 : Number(`0x${offset}`)) {
      case 10 * WORD_BYTES:
        return decodeAbiParameters(TEN_FIELDS, data);
      case 11 * WORD_BYTES:
        return decodeAbiParameters(ELEVEN_FIELDS, data);
    }
  } catch {
    // Falls through: the library's errors speak of offsets.
  }
  throw new AnswerFlaw("unfit", "it has neither 10 nor 11 fields as the registry's entries have");
}

/** Why an entry is not that of an enclave which relays to language models, as a clause; `null` where it is. */
export function objectionToEntry(entry: RegistryEntry, enclave: ChainHash): string | null {
  if (enclaveName(entry.signingKey) !== enclave) {
    return "its key is another enclave's";
  }
  return entry.type === LLM_PROXY ? null : "it is of an enclave that does not relay to language models";
}
