import { RLP } from "@ethereumjs/rlp";
import { bytesToBigInt, bytesToHex, bytesToInt } from "@ethereumjs/util";
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { ChainHash } from "../../platform/primitives";
import { type BlockRecord, bytesOf, listOf } from "./blockRecord";

/** A block of the embedded chain, with what is often asked for; the rest is decoded when somebody asks. */
export interface StoredBlock {
  readonly number: number;
  readonly hash: ChainHash;
  readonly parentHash: ChainHash;
  readonly stateRoot: Uint8Array;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** RLP of the header: what the block's hash is of. */
  readonly header: Uint8Array;
  /** As they were sent (EIP-2718). */
  readonly transactions: readonly Uint8Array[];
  readonly transactionHashes: readonly ChainHash[];
  /** As they are hashed into the block (EIP-2718), one for each transaction. */
  readonly receipts: readonly Uint8Array[];
}

/** @throws Error where the record's header is none. */
export function storedBlock({ header, transactions, receipts }: BlockRecord): StoredBlock {
  const fields = listOf(RLP.decode(header)).map(bytesOf);
  return {
    number: bytesToInt(bytesOf(fields[8])),
    hash: bytesToHex(keccak_256(header)),
    parentHash: bytesToHex(bytesOf(fields[0])),
    stateRoot: bytesOf(fields[3]),
    timestamp: bytesToInt(bytesOf(fields[11])),
    header,
    transactions,
    transactionHashes: transactions.map((transaction) => bytesToHex(keccak_256(transaction))),
    receipts,
  };
}

/** A receipt as it was hashed into its block. */
export interface StoredReceipt {
  readonly status: number;
  readonly cumulativeGasUsed: bigint;
  readonly logsBloom: Uint8Array;
  readonly logs: readonly StoredLog[];
}

export interface StoredLog {
  readonly address: Uint8Array;
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

/** @throws Error where the bytes are no receipt. */
export function decodeReceipt(bytes: Uint8Array): StoredReceipt {
  // A list begins with 0xc0 or above; what comes before is the transaction's type (EIP-2718).
  const list = (bytes[0] ?? 0) < 0xc0 ? bytes.subarray(1) : bytes;
  const [status, cumulativeGasUsed, logsBloom, logs] = listOf(RLP.decode(list));
  return {
    status: bytesToInt(bytesOf(status)),
    cumulativeGasUsed: bytesToBigInt(bytesOf(cumulativeGasUsed)),
    logsBloom: bytesOf(logsBloom),
    logs: listOf(logs).map((log) => {
      const [address, topics, data] = listOf(log);
      return { address: bytesOf(address), topics: listOf(topics).map(bytesOf), data: bytesOf(data) };
    }),
  };
}
