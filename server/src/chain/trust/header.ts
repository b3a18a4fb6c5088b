import { RLP } from "@ethereumjs/rlp";
import { toBytes, toHex } from "viem";
import * as z from "zod";
import { keccak256 } from "../../platform/ecdsa";
import { ChainHash } from "../../platform/primitives";
import { Bytes, Hash } from "../rpc/blocks";
import { ProofError } from "./merkleProof";

/** What a block's header says, as far as a proof needs it. */
export interface Header {
  readonly hash: ChainHash;
  readonly stateRoot: Uint8Array;
  readonly number: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** The places of these fields in a header, the same since the first block (yellow paper, 4.4). */
const STATE_ROOT = 3;
const NUMBER = 8;
const TIMESTAMP = 11;

/** Reads a header. Whatever it says holds for the block of its hash alone. @throws ProofError where it is none */
export function readHeader(rlp: Uint8Array): Header {
  const fields = decode(rlp);
  const [stateRoot, number, timestamp] = [fields[STATE_ROOT], fields[NUMBER], fields[TIMESTAMP]];
  if (stateRoot?.length !== 32 || number === undefined || timestamp === undefined) {
    throw new ProofError("its header is none");
  }
  return {
    hash: ChainHash.parse(toHex(keccak256(rlp))),
    stateRoot,
    number: whole(number),
    timestamp: whole(timestamp),
  };
}

function decode(rlp: Uint8Array): readonly Uint8Array[] {
  try {
    const fields = RLP.decode(rlp);
    if (Array.isArray(fields)) {
      return fields.map((field) => {
        if (field instanceof Uint8Array) {
          return field;
        }
        throw new ProofError("its header is none");
      });
    }
  } catch {
    // Falls through: the library's errors say no more.
  }
  throw new ProofError("its header is none");
}

/** A whole number of at most six bytes, the most significant first, without leading zeros. */
export function whole(bytes: Uint8Array): number {
  if (bytes.length > 6 || bytes[0] === 0) {
    throw new ProofError("it holds a number that cannot be");
  }
  return bytes.length === 0 ? 0 : Buffer.from(bytes).readUIntBE(0, bytes.length);
}

/** A number of any size in RLP: no leading zeros, and nothing at all for zero. */
const Integer = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform((value) => {
    const digits = value.slice(2).replace(/^0+/, "");
    return Uint8Array.from(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex"));
  });
const Octets = Bytes.transform((value) => toBytes(value));

/** The fields of a header in their order. Those after the nonce came with one fork each, and none comes without those before it. */
const FIELDS = [
  ["parentHash", Octets],
  ["sha3Uncles", Octets],
  ["miner", Octets],
  ["stateRoot", Octets],
  ["transactionsRoot", Octets],
  ["receiptsRoot", Octets],
  ["logsBloom", Octets],
  ["difficulty", Integer],
  ["number", Integer],
  ["gasLimit", Integer],
  ["gasUsed", Integer],
  ["timestamp", Integer],
  ["extraData", Octets],
  ["mixHash", Octets],
  ["nonce", Octets],
  ["baseFeePerGas", Integer],
  ["withdrawalsRoot", Octets],
  ["blobGasUsed", Integer],
  ["excessBlobGas", Integer],
  ["parentBeaconBlockRoot", Octets],
  ["requestsHash", Octets],
] as const;

/** A block as `eth_getBlockByHash` tells it; see `headerOf`. */
export const HeaderFields = z.record(z.string(), z.unknown());

/**
 * The header of a block in RLP, made of what a server tells of it. `null` where it does not give the block's hash, as with
 * a header of a fork that this build does not know.
 */
export function headerOf(block: z.infer<typeof HeaderFields>): Uint8Array | null {
  const fields: Uint8Array[] = [];
  for (const [name, Field] of FIELDS) {
    const field = Field.safeParse(block[name]);
    if (!field.success) {
      break;
    }
    fields.push(field.data);
  }
  const rlp = RLP.encode(fields);
  const { data: hash } = Hash.safeParse(block.hash);
  return hash === toHex(keccak256(rlp)) ? rlp : null;
}
