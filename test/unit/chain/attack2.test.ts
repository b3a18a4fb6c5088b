/** Attacks on proofs, operators and messages: each states what is right. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { concat, keccak256, pad, toBytes, toHex } from "viem";
import { expect, test, vi } from "vitest";
import type { AnchorProof } from "../../../server/src/chain/anchorProof";
import type { Anchor } from "../../../server/src/chain/chain";
import type { ContractFacts } from "../../../server/src/chain/knownChains";
import { operatedServer } from "../../../server/src/chain/rpc/operators";
import { flawOf } from "../../../server/src/chain/trust/checkRoot";
import { IMPLEMENTATION_SLOT } from "../../../server/src/chain/trust/stateProof";
import { chainSettings } from "../../../server/src/cli/chainOptions";
import { tryLock, waitForLock } from "../../../server/src/platform/lock";
import { Digest } from "../../../server/src/platform/primitives";
import { digestNamed } from "../../support/evidenceMaker";

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
])(
  "TRUST-1: a proof of a trie of one's own with %s counts for nothing, and breaks nothing",
  async (_, what) => {
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
    expect(await flawOf(anchor, proof, facts).catch((error) => `threw ${error}`)).toMatch(
      /counts for nothing/,
    );
  },
);

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
  "TRUST-1b: a root or second node that is %s counts for nothing, ends, and breaks nothing",
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
        const late = new Promise<string>((resolve) => setTimeout(() => resolve("hangs"), 3_000).unref());
        const flaw = flawOf(anchor, proof, PLAIN).catch((error) => `threw ${error}`);
        expect(await Promise.race([flaw, late])).toMatch(/counts for nothing/);
      }
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  },
);

const operatorOf = (entry: string) => operatedServer(entry).operator;

test.each([
  "http://[::ffff:127.0.0.1]:8545",
  "http://[::ffff:7f00:1]:8545",
  "http://0.0.0.0:8545",
  "http://[::]:8545",
  "http://0:8545",
  "http://LOCALHOST.:8545",
  "http://2130706433:8545",
  "http://127.1:8545",
  "http://localhost.localdomain:8545",
  "http://localhost6:8545",
  "http://ip6-localhost:8545",
])("TRUST-2: %s is this computer, as all of loopback is", (entry) => {
  expect(operatorOf(entry)).toBe("this computer");
});

test.each([
  ["http://192.0.2.7", "http://[::ffff:192.0.2.7]"],
  ["https://rpc.example.com", "https://RPC.EXAMPLE.COM.:8443"],
  ["https://rpc.bücher.example.com", "https://rpc.xn--bcher-kva.example.com"],
  ["https://a.com.", "https://b.a.com"],
  ["https://node_1.example.com", "https://node-2.example.com"],
  ["https://one_two.example.com", "https://example.com"],
  ["https://%61.example.com", "https://b.example.com"],
  ["https://example。com", "https://example.com"],
  ["https://node.internal", "https://node.internal."],
  ["Infura=https://mainnet.infura.io", "https://sepolia.infura.io"],
])("TRUST-3: %s and %s are one operator", (one, other) => {
  expect(operatorOf(one)).toBe(operatorOf(other));
});

test("TRUST-4: a wrong server in the list does not put the keys of the others into a message", () => {
  const variables = {
    PROOFLINE_CHAIN_ID: "1",
    PROOFLINE_RPC_URLS: "https://user:pass@mainnet.infura.io/v3/0123456789abcdef,htps://typo.example",
    PROOFLINE_CONTRACT: EAS,
  };
  let message = "";
  try {
    chainSettings({}, variables);
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(/http/);
  expect(message).not.toMatch(/0123456789abcdef|user:pass/);
});

test("LOCK-1: whoever waits for a lock gives up in time, also where the clock is set back meanwhile", async () => {
  const folder = mkdtempSync(join(tmpdir(), "proofline-attack-"));
  const path = join(folder, "lock");
  const lock = await tryLock(path);
  const real = Date.now.bind(Date);
  const set = real() + 20;
  vi.spyOn(Date, "now").mockImplementation(() => (real() < set ? real() : real() - 3_600_000));
  const late = new Promise<string>((resolve) => setTimeout(() => resolve("still waits"), 3_000));
  const outcome = waitForLock(path, 100).then(
    async (taken) => {
      await taken.release();
      return "taken";
    },
    () => "gave up",
  );
  const result = await Promise.race([outcome, late]);
  vi.restoreAllMocks();
  await lock?.release();
  await outcome;
  rmSync(folder, { recursive: true, force: true });
  expect(result).toBe("gave up");
});
