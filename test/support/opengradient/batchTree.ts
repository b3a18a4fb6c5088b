/** OpenZeppelin's StandardMerkleTree over settled answers, as the settlement relay's batches are. */
import { type Hex, toHex } from "viem";
import { type EnclaveStatement, keccak } from "./enclave";

/** What of an answer stands in its batch: as the gateway states it, whether it holds or not. */
export type SettledStatement = Readonly<EnclaveStatement>;

export interface BatchTree {
  readonly root: Hex;
  /** The neighbours from a leaf up to the root. */
  proofOf(settled: SettledStatement): readonly Hex[];
  /** In OpenZeppelin's own form, which is kept in Walrus. */
  dump(): string;
}

/** Leaves in the order of their hashes, from the end of an array in which the children of `i` are `2i + 1` and `2i + 2`. */
export function batchTree(batch: readonly SettledStatement[]): BatchTree {
  const leaves = batch.map(leafOf).sort(Buffer.compare);
  const nodes = [...leaves, ...leaves.slice(1)].reverse();
  for (let at = leaves.length - 2; at >= 0; at--) {
    nodes[at] = pairOf(nodeAt(nodes, 2 * at + 1), nodeAt(nodes, 2 * at + 2));
  }
  const placeOf = (settled: SettledStatement): number => {
    const leaf = leafOf(settled);
    return nodes.findLastIndex((node) => node.equals(leaf));
  };
  return {
    root: toHex(nodeAt(nodes, 0)),
    proofOf(settled) {
      const proof: Hex[] = [];
      for (let at = placeOf(settled); at > 0; at = (at - 1) >> 1) {
        proof.push(toHex(nodeAt(nodes, at % 2 === 0 ? at - 1 : at + 1)));
      }
      return proof;
    },
    dump: () =>
      JSON.stringify({
        format: "standard-v1",
        leafEncoding: ["bytes32", "bytes32", "bytes32", "bytes", "uint256"],
        tree: nodes.map((node) => toHex(node)),
        values: batch.map((settled) => ({ value: valuesOf(settled), treeIndex: placeOf(settled) })),
      }),
  };
}

function nodeAt(nodes: readonly Buffer[], at: number): Buffer {
  const node = nodes[at];
  if (node === undefined) {
    throw new RangeError(`the tree has no node ${at}`);
  }
  return node;
}

const pairOf = (a: Buffer, b: Buffer): Buffer => (Buffer.compare(a, b) < 0 ? keccak(a, b) : keccak(b, a));

/** By the rules of Solidity's ABI, spelled out word by word, and hashed twice. */
function leafOf(settled: SettledStatement): Buffer {
  const word = (value: number): string => value.toString(16).padStart(64, "0");
  const { tee_id, tee_request_hash, tee_output_hash, tee_signature, tee_timestamp } = settled;
  const signature = Buffer.from(tee_signature, "base64");
  const padded = signature.toString("hex").padEnd(Math.ceil(signature.length / 32) * 64, "0");
  const head = [tee_id.slice(2), tee_request_hash, tee_output_hash, word(5 * 32), word(tee_timestamp)];
  return keccak(keccak(Buffer.from([...head, word(signature.length), padded].join(""), "hex")));
}

function valuesOf(settled: SettledStatement): readonly string[] {
  const { tee_id, tee_request_hash, tee_output_hash, tee_signature, tee_timestamp } = settled;
  const signature = toHex(Buffer.from(tee_signature, "base64"));
  return [tee_id, `0x${tee_request_hash}`, `0x${tee_output_hash}`, signature, String(tee_timestamp)];
}
