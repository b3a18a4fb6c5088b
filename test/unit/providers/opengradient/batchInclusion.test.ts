import { toHex } from "viem";
import { describe, expect, it } from "vitest";
import { Digest } from "../../../../server/src/platform/primitives";
import {
  batchRootOf,
  type SettledAnswer,
} from "../../../../server/src/providers/opengradient/batchInclusion";
import { keccak } from "../../../support/standInEnclave";

/** A leaf by the rules of Solidity's ABI and of OpenZeppelin's StandardMerkleTree, spelled out word by word. */
function leafOf({ enclave, requestHash, outputHash, signature, timestamp }: SettledAnswer): Buffer {
  const word = (value: number): string => value.toString(16).padStart(64, "0");
  const padded = Buffer.from(signature)
    .toString("hex")
    .padEnd(Math.ceil(signature.length / 32) * 64, "0");
  const head = [enclave.slice(2), requestHash, outputHash, word(5 * 32), word(timestamp)];
  return keccak(keccak(Buffer.from([...head, word(signature.length), padded].join(""), "hex")));
}

const pairOf = (a: Buffer, b: Buffer): Buffer => (Buffer.compare(a, b) < 0 ? keccak(a, b) : keccak(b, a));

/** OpenZeppelin's tree: leaves by their hashes, from the end of an array in which the children of i are 2i+1 and 2i+2. */
function treeOf(leaves: readonly Buffer[]): readonly Buffer[] {
  const sorted = [...leaves].sort(Buffer.compare);
  const nodes: Buffer[] = new Array(2 * sorted.length - 1);
  sorted.forEach((leaf, index) => {
    nodes[nodes.length - 1 - index] = leaf;
  });
  for (let at = nodes.length - 1 - sorted.length; at >= 0; at--) {
    nodes[at] = pairOf(nodes[2 * at + 1] ?? Buffer.of(), nodes[2 * at + 2] ?? Buffer.of());
  }
  return nodes;
}

function proofIn(tree: readonly Buffer[], leaf: Buffer): `0x${string}`[] {
  const proof: Buffer[] = [];
  for (let at = tree.findIndex((node) => node.equals(leaf)); at > 0; at = (at - 1) >> 1) {
    proof.push(tree[at % 2 === 0 ? at - 1 : at + 1] ?? Buffer.of());
  }
  return proof.map((node) => toHex(node));
}

const answers: readonly SettledAnswer[] = Array.from({ length: 20 }, (_, index) => ({
  enclave: toHex(keccak(Buffer.of(1, index))),
  requestHash: Digest.parse(keccak(Buffer.of(2, index)).toString("hex")),
  outputHash: Digest.parse(keccak(Buffer.of(3, index)).toString("hex")),
  signature: Buffer.alloc(index === 0 ? 33 : 256, index + 1),
  timestamp: 1_769_947_200 + index,
}));

describe("batchRootOf", () => {
  it.each([1, 2, 3, 4, 7, 20])("leads from each answer of a batch of %i to its root", (size) => {
    const batch = answers.slice(0, size);
    const tree = treeOf(batch.map(leafOf));
    for (const answer of batch) {
      expect(batchRootOf(answer, proofIn(tree, leafOf(answer)))).toBe(toHex(tree[0] ?? Buffer.of()));
    }
  });

  it("leads elsewhere from another answer, and by other neighbours", () => {
    const tree = treeOf(answers.map(leafOf));
    const root = toHex(tree[0] ?? Buffer.of());
    const [answer, other] = answers as [SettledAnswer, SettledAnswer];
    const proof = proofIn(tree, leafOf(answer));
    const changes: readonly Partial<SettledAnswer>[] = [
      { enclave: other.enclave },
      { requestHash: other.requestHash },
      { outputHash: other.outputHash },
      { signature: Buffer.alloc(34, 1) },
      { timestamp: other.timestamp },
    ];
    for (const change of changes) {
      expect(batchRootOf({ ...answer, ...change }, proof)).not.toBe(root);
    }
    for (const wrong of [[], proof.slice(1), proof.toReversed(), [...proof, ...proof.slice(0, 1)]]) {
      expect(batchRootOf(answer, wrong)).not.toBe(root);
    }
  });
});
