import { createMerkleProof, createMPTFromProof } from "@ethereumjs/mpt";
import { keccak256 } from "../../platform/ecdsa";

/** A proof that shows nothing; the message says why, within a sentence. */
export class ProofError extends Error {
  override readonly name = "ProofError";
}

/**
 * Reads what a stranger made. A proof's nodes are bytes of whoever wrote the file, under a root that they may have made, too, so
 * that whatever their content makes the libraries throw is a flaw of the proof and no fault of ours.
 *
 * @throws ProofError
 */
export async function readingProof<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof ProofError ? error : new ProofError("it cannot be read");
  }
}

/** Keccak-256 of the RLP of nothing: the root of a trie that holds nothing. */
const EMPTY_TRIE = Buffer.from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "hex");

/**
 * What a secure Merkle Patricia trie with this root holds at a key; `null` where it is shown to hold nothing. The nodes
 * are exactly those of the path, from the root on: with one more, one less or one bit changed, they show nothing.
 *
 * @throws ProofError
 */
export async function provedValue(
  root: Uint8Array,
  key: Uint8Array,
  nodes: readonly Uint8Array[],
): Promise<Uint8Array | null> {
  if (nodes.length === 0) {
    if (Buffer.compare(root, EMPTY_TRIE) === 0) {
      return null;
    }
    throw new ProofError("its path through the state is empty");
  }
  try {
    const trie = await createMPTFromProof([...nodes], {
      root: Uint8Array.from(root),
      useKeyHashing: true,
      useKeyHashingFunction: keccak256,
    });
    const value = await trie.get(key, true);
    const path = await createMerkleProof(trie, key);
    // A node of less than 32 bytes stands inside of the one above it.
    const whole = path.filter((node, index) => index === 0 || node.length >= 32);
    if (
      whole.length === nodes.length &&
      whole.every((node, index) => Buffer.compare(node, nodes[index] ?? new Uint8Array()) === 0)
    ) {
      return value;
    }
  } catch {
    // The library's errors say no more than that the nodes make no path.
  }
  throw new ProofError("its path through the state does not lead there");
}
