import { encodeAbiParameters, parseAbiParameters, toHex } from "viem";
import { toDigest } from "../../platform/digests";
import { keccak256 } from "../../platform/ecdsa";
import type { ChainHash, Digest } from "../../platform/primitives";

/** What of an answer stands in the tree of its batch. */
export interface SettledAnswer {
  readonly enclave: ChainHash;
  readonly requestHash: Digest;
  readonly outputHash: Digest;
  readonly signature: Uint8Array;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** More than a tree of any batch is high. */
export const MAX_PROOF_LENGTH = 64;

const LEAF = parseAbiParameters("bytes32, bytes32, bytes32, bytes, uint256");

/**
 * The root of the tree in which an answer stands with these neighbours, from the leaf up: OpenZeppelin's
 * `StandardMerkleTree`, whose leaves are hashed twice and whose pairs are hashed in order of their bytes. Nobody checks the
 * signatures in a batch: a forged answer can stand in it.
 */
export function batchRootOf(answer: SettledAnswer, proof: readonly ChainHash[]): ChainHash {
  const { enclave, requestHash, outputHash, signature, timestamp } = answer;
  const leaf = encodeAbiParameters(LEAF, [
    enclave,
    `0x${requestHash}`,
    `0x${outputHash}`,
    toHex(signature),
    BigInt(timestamp),
  ]);
  const start = Buffer.from(keccak256(keccak256(bytesOf(leaf))));
  const root = proof.reduce<Buffer>((node, neighbour) => {
    const pair = [node, bytesOf(neighbour)].sort(Buffer.compare);
    return Buffer.from(keccak256(Buffer.concat(pair)));
  }, start);
  return `0x${toDigest(root)}`;
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.slice(2), "hex");
}
