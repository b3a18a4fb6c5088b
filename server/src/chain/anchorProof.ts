import * as z from "zod";

/** The longest node of a Merkle Patricia trie: a branch of 17 entries, each of 33 bytes. */
const MAX_NODE_BYTES = 1_024;

/** Deeper than any path of 64 half bytes. */
const MAX_NODES = 64;

/** A header with room to grow; those of today have about 600 bytes. */
const MAX_HEADER_BYTES = 4_096;

/** Bytes as `0x` and lower-case hex digits, so that a proof has one spelling. */
const bytesUpTo = (maximum: number) =>
  z
    .string()
    .max(2 + 2 * maximum)
    .regex(/^0x(?:[0-9a-f]{2})*$/, "expected bytes in lower-case hexadecimal")
    .transform((value) => value as `0x${string}`);

/** A path through a trie from its root to where a key is or would be, as `eth_getProof` gives it; none for an empty trie. */
const TrieNodes = z.array(bytesUpTo(MAX_NODE_BYTES)).max(MAX_NODES).readonly();

/**
 * What shows without any server's word that EAS stored a batch root's time in the state of one block (EIP-1186). Which
 * contract and which slot of it these are follows from the reader's own list, not from the file.
 */
export const AnchorProof = z.strictObject({
  /** The block's header in RLP: its Keccak-256 is the block's hash, and it names the state's root. */
  header: bytesUpTo(MAX_HEADER_BYTES),
  /** From the state's root to EAS's account. */
  account: TrieNodes,
  /** From the root of the account's storage to the batch root's time. */
  storage: TrieNodes,
  /** Where EAS is a proxy: from the root of its storage to the address of its implementation (EIP-1967), and from the state's root to that account. */
  implementation: z.strictObject({ storage: TrieNodes, account: TrieNodes }).readonly().exactOptional(),
});
export type AnchorProof = z.infer<typeof AnchorProof>;
