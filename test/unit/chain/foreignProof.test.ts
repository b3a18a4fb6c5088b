import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { concat, keccak256, pad, toBytes, toHex } from "viem";
import { expect, test } from "vitest";
import type { AnchorProof } from "../../../server/src/chain/anchorProof";
import type { Anchor } from "../../../server/src/chain/chain";
import type { ContractFacts } from "../../../server/src/chain/knownChains";
import { flawOf } from "../../../server/src/chain/trust/proofChecker";
import { IMPLEMENTATION_SLOT } from "../../../server/src/chain/trust/stateProof";
import { Digest } from "../../../server/src/platform/primitives";
import { digestNamed } from "../../support/evidenceMaker";

/** Proofs that fit a state which their maker made up: every hash holds, and what they show is no state. */

const TIME = 1_700_000_000;
const root = Digest.parse(digestNamed("batch"));
const EAS = `0x${"ea".repeat(20)}` as const;
const BEHIND = `0x${"be".repeat(20)}` as const;
const CODE = keccak256("0x60");
const PLAIN: ContractFacts = { contract: EAS, codeHash: null, timestampsSlot: 2, implementation: null };
const PROXY: ContractFacts = { ...PLAIN, implementation: { address: BEHIND, codeHash: null } };
const SLOT = keccak256(concat([`0x${root}`, pad(toHex(2))]));

async function trieOf(entries: readonly (readonly [string, Uint8Array])[]) {
  const trie = await createMPT({ useKeyHashing: true });
  for (const [key, value] of entries) {
    await trie.put(toBytes(key as `0x${string}`), value);
  }
  return trie;
}
const hexes = (nodes: readonly Uint8Array[]) => nodes.map((node) => toHex(node));
const accountOf = (storageRoot: Uint8Array) => RLP.encode([1, 0, storageRoot, toBytes(CODE)]);

function anchorOf(
  stateRoot: Uint8Array,
  proof: Omit<AnchorProof, "header">,
): { anchor: Anchor; proof: AnchorProof } {
  const header = RLP.encode([
    ...[32, 32, 20].map((length) => new Uint8Array(length)),
    stateRoot,
    new Uint8Array(32),
    new Uint8Array(32),
    new Uint8Array(256),
    0,
    77,
    30_000_000,
    0,
    TIME,
    new Uint8Array(),
    new Uint8Array(32),
    new Uint8Array(8),
    7,
  ]);
  return {
    anchor: {
      batchRoot: root,
      chainId: 1,
      genesisHash: `0x${"01".repeat(32)}`,
      contract: EAS,
      block: { number: 77, hash: keccak256(header) },
      transaction: `0x${"03".repeat(32)}`,
      timestamp: TIME,
    },
    proof: { header: toHex(header), ...proof },
  };
}

test.each([
  ["an account that is no RLP", "account"],
  ["a time that is no RLP", "time"],
  ["an implementation of 32 bytes", "implementation"],
])("a proof in a trie of one's own with %s counts for nothing, and breaks nothing", async (_, what) => {
  const storage = await trieOf([
    [SLOT, what === "time" ? Uint8Array.of(0xb8) : RLP.encode(TIME)],
    [IMPLEMENTATION_SLOT, RLP.encode(new Uint8Array(32).fill(1))],
  ]);
  const state = await trieOf([
    [EAS, what === "account" ? Uint8Array.of(0xf8) : accountOf(storage.root())],
    [BEHIND, accountOf(storage.root())],
  ]);
  const proofs = async (trie: typeof state, key: string) =>
    hexes(await createMerkleProof(trie, toBytes(key as `0x${string}`)));
  const { anchor, proof } = anchorOf(state.root(), {
    account: await proofs(state, EAS),
    storage: await proofs(storage, SLOT),
    implementation: {
      storage: await proofs(storage, IMPLEMENTATION_SLOT),
      account: await proofs(state, BEHIND),
    },
  });
  const facts = what === "implementation" ? PROXY : PLAIN;
  expect(await flawOf({ ...anchor, proof }, facts)).toEqual(expect.any(String));
});

const garbage: readonly (readonly [string, Uint8Array])[] = [
  ["no RLP", Uint8Array.of(0xf8)],
  ["text", RLP.encode(new Uint8Array(40))],
  ["an empty list", RLP.encode([])],
  ["a list of one", RLP.encode([new Uint8Array(40)])],
  ["a list of three", RLP.encode([1, 2, 3])],
  ["a pair of lists", RLP.encode([[], []])],
  ["a pair with an empty path", RLP.encode([new Uint8Array(), new Uint8Array(40)])],
  ["an extension to nothing", RLP.encode([Uint8Array.of(0x00), new Uint8Array()])],
  ["an extension of no length to a list", RLP.encode([Uint8Array.of(0x00), [Uint8Array.of(0x00), []]])],
  ["an extension to short bytes", RLP.encode([Uint8Array.of(0x00), Uint8Array.of(1, 2)])],
  ["a branch of lists", RLP.encode(Array.from({ length: 17 }, () => []))],
  ["a branch of deep lists", RLP.encode(Array.from({ length: 17 }, () => [[[[[[]]]]]]))],
  ["a branch of short bytes", RLP.encode(Array.from({ length: 17 }, () => Uint8Array.of(1)))],
  [
    "a branch of short leaves",
    RLP.encode(Array.from({ length: 17 }, () => [Uint8Array.of(0x20), Uint8Array.of(1)])),
  ],
  [
    "a branch with lists of 17",
    RLP.encode(Array.from({ length: 17 }, () => Array.from({ length: 17 }, () => []))),
  ],
  ["a leaf of too long a path", RLP.encode([new Uint8Array(60).fill(0x20), Uint8Array.of(1)])],
];
test.each(garbage)(
  "a root or second node that is %s counts for nothing, ends, and breaks nothing",
  async (_, node) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    try {
      const branch = RLP.encode(
        Array.from({ length: 17 }, (_item, index) =>
          index === 16 ? new Uint8Array() : toBytes(keccak256(node)),
        ),
      );
      for (const nodes of [[node], [branch, node]]) {
        const { anchor, proof } = anchorOf(toBytes(keccak256(nodes[0] ?? node)), {
          account: hexes(nodes),
          storage: [],
        });
        expect(await flawOf({ ...anchor, proof }, PLAIN)).toEqual(expect.any(String));
      }
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  },
);
