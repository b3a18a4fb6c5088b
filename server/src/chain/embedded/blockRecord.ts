import { RLP } from "@ethereumjs/rlp";

/**
 * What the log holds of one block, in Ethereum's own encodings: RLP of
 * `[header, [transaction…], [receipt…], [[key, value]…]]`, each of the first three parts as it is hashed into the block
 * (EIP-2718), and last the nodes of the state's trie and the contract code that this block added. A node's key is
 * its Keccak-256 hash; code has that hash after the letter `c`. A record of the log is an RLP list of such blocks: the
 * first holds a chain's beginning, so that none is ever there in part, each later one a single block.
 */
export interface BlockRecord {
  readonly header: Uint8Array;
  readonly transactions: readonly Uint8Array[];
  readonly receipts: readonly Uint8Array[];
  readonly nodes: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
}

type Item = Uint8Array | Item[];

export function encodeBlocks(blocks: readonly BlockRecord[]): Uint8Array {
  return RLP.encode(
    blocks.map(({ header, transactions, receipts, nodes }) => [
      header,
      [...transactions],
      [...receipts],
      nodes.map(([key, value]) => [key, value]),
    ]),
  );
}

/** @throws Error where the bytes are no such record. */
export function decodeBlocks(bytes: Uint8Array): readonly BlockRecord[] {
  return listOf(RLP.decode(bytes)).map((block) => {
    const [header, transactions, receipts, nodes, ...others] = listOf(block);
    if (others.length > 0) {
      throw new Error("a block has parts that are not known");
    }
    return {
      header: bytesOf(header),
      transactions: listOf(transactions).map(bytesOf),
      receipts: listOf(receipts).map(bytesOf),
      nodes: listOf(nodes).map((node) => {
        const [key, value, ...more] = listOf(node);
        if (more.length > 0) {
          throw new Error("a node of the state has parts that are not known");
        }
        return [bytesOf(key), bytesOf(value)] as const;
      }),
    };
  });
}

/** @throws Error where it is no list. */
export function listOf(item: Item | undefined): Item[] {
  if (!Array.isArray(item)) {
    throw new Error("a list is missing");
  }
  return item;
}

/** @throws Error where it is no bytes. */
export function bytesOf(item: Item | undefined): Uint8Array {
  if (item === undefined || Array.isArray(item)) {
    throw new Error("bytes are missing");
  }
  return item;
}
