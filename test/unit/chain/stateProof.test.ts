import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import fc from "fast-check";
import { concat, keccak256, pad, toBytes, toHex } from "viem";
import { describe, expect, test } from "vitest";
import { formatAnchor, readAnchor } from "../../../server/src/chain/anchorFile";
import type { AnchorProof } from "../../../server/src/chain/anchorProof";
import type { Anchor } from "../../../server/src/chain/chain";
import type { ContractFacts } from "../../../server/src/chain/knownChains";
import { headerOf, readHeader } from "../../../server/src/chain/trust/header";
import { ProofError } from "../../../server/src/chain/trust/merkleProof";
import {
  checkProof,
  provedAccount,
  provedTime,
  storedNumber,
} from "../../../server/src/chain/trust/stateProof";
import { Digest } from "../../../server/src/platform/primitives";
import { digestNamed } from "../../support/evidenceMaker";

const ethereum = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/proofs/ethereum.json"), "utf8"),
);

describe("a recorded block of Ethereum", () => {
  const rlp = headerOf(ethereum.block);
  const header = readHeader(rlp ?? new Uint8Array());

  test("its header gives its hash, and no other header does", () => {
    expect(rlp).not.toBeNull();
    expect(header).toMatchObject({
      hash: ethereum.block.hash,
      number: Number(ethereum.block.number),
      timestamp: Number(ethereum.block.timestamp),
    });
    expect(toHex(header.stateRoot)).toBe(ethereum.block.stateRoot);
    for (const field of Object.keys(ethereum.block).filter((name) => name !== "hash")) {
      const other = { ...ethereum.block, [field]: field === "extraData" ? "0x00" : `0x${"1".repeat(64)}` };
      expect({ field, header: headerOf(other) }).toEqual({ field, header: null });
    }
  });

  test("accounts and storage are proved under its state's root", async () => {
    const { deposits, miner } = ethereum;
    const account = await provedAccount(header.stateRoot, deposits.address, deposits.accountProof);
    expect(toHex(account.storageRoot)).toBe(deposits.storageHash);
    expect(account.codeHash).toBe(deposits.codeHash);
    const [stored] = deposits.storageProof;
    expect(toHex(await storedNumber(account.storageRoot, stored.key, stored.proof))).toBe(stored.value);
    expect((await provedAccount(header.stateRoot, miner.address, miner.accountProof)).codeHash).toBe(
      miner.codeHash,
    );
    // What is shown of one account shows nothing of another.
    await expect(provedAccount(header.stateRoot, miner.address, deposits.accountProof)).rejects.toThrow(
      ProofError,
    );
    await expect(provedAccount(account.storageRoot, miner.address, miner.accountProof)).rejects.toThrow(
      ProofError,
    );
  });

  test("with any bit changed, a node more or one less, nothing is proved", async () => {
    const { deposits } = ethereum;
    const nodes: readonly string[] = deposits.accountProof;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: nodes.length - 1 }),
        fc.nat(),
        fc.nat({ max: 7 }),
        async (node, at, bit) => {
          const bytes = Buffer.from(toBytes(nodes[node] as `0x${string}`));
          const index = at % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
          const changed = nodes.map((old, place) => (place === node ? toHex(bytes) : old) as `0x${string}`);
          await expect(provedAccount(header.stateRoot, deposits.address, changed)).rejects.toThrow(
            ProofError,
          );
        },
      ),
      { numRuns: 200 },
    );
    for (const other of [
      [...nodes, nodes[0]],
      [nodes[0], ...nodes],
      nodes.slice(1),
      nodes.slice(0, -1),
      [],
      nodes.toReversed(),
    ]) {
      await expect(
        provedAccount(header.stateRoot, deposits.address, other as `0x${string}`[]),
      ).rejects.toThrow(ProofError);
    }
  });
});

const TIME = 1_700_000_000;
const root = Digest.parse(digestNamed("batch"));
const EAS = `0x${"ea".repeat(20)}` as const;
const BEHIND = `0x${"be".repeat(20)}` as const;
const CODE = keccak256("0x60");
const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

const PLAIN: ContractFacts = { contract: EAS, codeHash: null, timestampsSlot: 2, implementation: null };
const PROXY: ContractFacts = {
  ...PLAIN,
  timestampsSlot: 51,
  implementation: { address: BEHIND, codeHash: null },
};

async function trieOf(entries: readonly (readonly [string, Uint8Array])[]) {
  const trie = await createMPT({ useKeyHashing: true });
  for (const [key, value] of entries) {
    await trie.put(toBytes(key), value);
  }
  return trie;
}

const hexes = (nodes: readonly Uint8Array[]) => nodes.map((node) => toHex(node));
const account = (storageRoot: Uint8Array, codeHash: string) =>
  RLP.encode([1, 0, storageRoot, toBytes(codeHash)]);

/** A state in which EAS holds a time for the root among many others, and an anchor with a proof of it. */
async function sample(facts: ContractFacts, { time = TIME, behind = BEHIND as string } = {}) {
  const slot = (digest: string) => keccak256(concat([`0x${digest}`, pad(toHex(facts.timestampsSlot))]));
  const others = Array.from({ length: 300 }, (_, index) => digestNamed(`other ${index}`));
  const storage = await trieOf([
    ...others.map((digest) => [slot(digest), RLP.encode(TIME - 5)] as const),
    ...(time === 0 ? [] : [[slot(root), RLP.encode(time)] as const]),
    ...(facts.implementation === null ? [] : [[IMPLEMENTATION_SLOT, RLP.encode(toBytes(behind))] as const]),
  ]);
  const state = await trieOf([
    ...others.map(
      (digest) => [`0x${digest.slice(0, 40)}`, account(toBytes(keccak256("0x80")), CODE)] as const,
    ),
    [EAS, account(storage.root(), CODE)],
    [BEHIND, account(toBytes(keccak256("0x80")), CODE)],
  ]);
  const fields = [32, 32, 20].map((length) => new Uint8Array(length));
  const header = RLP.encode([
    ...fields,
    state.root(),
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
  const proof: AnchorProof = {
    header: toHex(header),
    account: hexes(await createMerkleProof(state, toBytes(EAS))),
    storage: hexes(await createMerkleProof(storage, toBytes(slot(root)))),
    ...(facts.implementation !== null && {
      implementation: {
        storage: hexes(await createMerkleProof(storage, toBytes(IMPLEMENTATION_SLOT))),
        account: hexes(await createMerkleProof(state, toBytes(BEHIND))),
      },
    }),
  };
  const anchor: Anchor = {
    batchRoot: root,
    chainId: 1,
    genesisHash: `0x${"01".repeat(32)}`,
    contract: EAS,
    block: { number: 77, hash: keccak256(header) },
    transaction: `0x${"03".repeat(32)}`,
    timestamp: TIME,
  };
  return { anchor, proof };
}

describe("a proof of an anchor", () => {
  test.each([
    ["a contract", PLAIN],
    ["a proxy", PROXY],
  ])("of %s shows its time, and with any byte changed nothing", async (_, facts) => {
    const { anchor, proof } = await sample(facts);
    await checkProof(anchor, proof, facts);
    const text = JSON.stringify(proof);
    const digits = [...text.matchAll(/0x[0-9a-f]+/g)].flatMap(({ 0: hex, index }) =>
      Array.from({ length: hex.length - 2 }, (__, place) => index + 2 + place),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...digits), fc.integer({ min: 1, max: 15 }), async (place, change) => {
        const digit = (Number.parseInt(text.charAt(place), 16) ^ change).toString(16);
        const changed = JSON.parse(`${text.slice(0, place)}${digit}${text.slice(place + 1)}`);
        await expect(checkProof(anchor, changed, facts)).rejects.toThrow(ProofError);
      }),
      { numRuns: 300 },
    );
  });

  test("shows nothing but what the anchor says", async () => {
    const { anchor, proof } = await sample(PLAIN);
    const hash = `0x${"0f".repeat(32)}` as const;
    const others: readonly Anchor[] = [
      { ...anchor, batchRoot: Digest.parse(digestNamed("another")) },
      { ...anchor, timestamp: TIME + 1 },
      { ...anchor, block: { ...anchor.block, number: 78 } },
      { ...anchor, block: { ...anchor.block, hash } },
    ];
    for (const other of others) {
      await expect(checkProof(other, proof, PLAIN)).rejects.toThrow(ProofError);
    }
    const facts: readonly ContractFacts[] = [
      { ...PLAIN, contract: BEHIND },
      { ...PLAIN, timestampsSlot: 3 },
      { ...PLAIN, codeHash: hash },
      PROXY,
    ];
    for (const other of facts) {
      await expect(checkProof(anchor, proof, other)).rejects.toThrow(ProofError);
    }
  });

  test("of a time that is not the block's shows nothing", async () => {
    const { anchor, proof } = await sample(PLAIN, { time: TIME - 1 });
    await expect(checkProof(anchor, proof, PLAIN)).rejects.toThrow("a block of time");
    await expect(checkProof({ ...anchor, timestamp: TIME - 1 }, proof, PLAIN)).rejects.toThrow(
      "a block of time",
    );
  });

  test("of a proxy shows what stands behind it", async () => {
    const { anchor, proof } = await sample(PROXY, { behind: EAS });
    await expect(checkProof(anchor, proof, PROXY)).rejects.toThrow("another contract behind the proxy");
    const whole = await sample(PROXY);
    const { implementation, ...without } = whole.proof;
    await expect(checkProof(whole.anchor, without, PROXY)).rejects.toThrow(
      "does not show what stands behind",
    );
    const codeHash = `0x${"0f".repeat(32)}` as const;
    await expect(
      checkProof(whole.anchor, whole.proof, { ...PROXY, implementation: { address: BEHIND, codeHash } }),
    ).rejects.toThrow("other code behind the proxy");
  });

  test("shows that nothing is stored", async () => {
    const { proof } = await sample(PLAIN, { time: 0 });
    const header = readHeader(toBytes(proof.header));
    expect(await provedTime(header, root, proof, PLAIN)).toBe(0);
  });

  test("travels in the anchor file, in one spelling and within a bound", async () => {
    const { anchor, proof } = await sample(PROXY);
    const whole = { ...anchor, proof };
    const text = formatAnchor(whole);
    expect(readAnchor(Buffer.from(text))).toEqual({ kind: "anchor", anchor: whole });
    const read = (changed: string) => readAnchor(Buffer.from(changed)).kind;
    expect(read(text.replace(proof.header, proof.header.toUpperCase().replace("0X", "0x")))).toBe(
      "malformed",
    );
    expect(read(text.replace(proof.header, `${proof.header}0`))).toBe("malformed");
    const padded = {
      ...whole,
      proof: { ...proof, account: Array.from({ length: 64 }, () => `0x${"00".repeat(1_000)}`) },
    };
    expect(read(formatAnchor(padded as Anchor))).toBe("malformed");
  });
});

test("bytes that are no header are refused, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
      try {
        readHeader(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ProofError);
      }
    }),
  );
});
