import { sha256 } from "../../platform/digests";

/**
 * The Merkle tree of RFC 9162 (Certificate Transparency 2.0), section 2.1, with SHA-256: leaves and nodes have
 * different first bytes, a list splits at the largest power of two below its length, and no leaf is ever doubled.
 */

/** SHA-256(0x00 ‖ data). */
export function leafHashOf(data: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(0), data);
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHashOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1), left, right);
}

/** The root over leaf hashes in order; of none, the hash of nothing (section 2.1.1). */
export function rootOf(leafHashes: readonly Uint8Array[]): Uint8Array {
  const [only] = leafHashes;
  if (only === undefined) {
    return sha256();
  }
  if (leafHashes.length === 1) {
    return only;
  }
  const split = splitOf(leafHashes.length);
  return nodeHashOf(rootOf(leafHashes.slice(0, split)), rootOf(leafHashes.slice(split)));
}

/** The hashes that lead from one leaf to the root, the nearest first (section 2.1.3.1). */
export function inclusionProof(leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  if (index < 0 || index >= leafHashes.length) {
    throw new RangeError(`no leaf ${index}`);
  }
  if (leafHashes.length === 1) {
    return [];
  }
  const split = splitOf(leafHashes.length);
  const [left, right] = [leafHashes.slice(0, split), leafHashes.slice(split)];
  return index < split
    ? [...inclusionProof(left, index), rootOf(right)]
    : [...inclusionProof(right, index - split), rootOf(left)];
}

export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  readonly index: number;
  /** How many leaves the tree has. */
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Whether the leaf stands at its index in the tree with this root (section 2.1.3.2). */
export function verifyInclusion({ leafHash, index, size, proof, root }: InclusionClaim): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) {
    return false;
  }
  const computed = climb(leafHash, index, size, proof);
  return computed !== null && Buffer.compare(computed, root) === 0;
}

function climb(
  leafHash: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): Uint8Array | null {
  const last = proof.at(-1);
  if (size === 1) {
    return proof.length === 0 ? leafHash : null;
  }
  if (last?.length !== 32) {
    return null;
  }
  const split = splitOf(size);
  const rest = proof.slice(0, -1);
  if (index < split) {
    const left = climb(leafHash, index, split, rest);
    return left === null ? null : nodeHashOf(left, last);
  }
  const right = climb(leafHash, index - split, size - split, rest);
  return right === null ? null : nodeHashOf(last, right);
}

/** The largest power of two below `size`, for sizes above 1. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) {
    split *= 2;
  }
  return split;
}
