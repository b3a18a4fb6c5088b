import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { concat, keccak256, pad, toBytes, toHex } from "viem";
import type { Anchor } from "../../server/src/chain/chain";
import type { KnownChain } from "../../server/src/chain/knownChains";
import { Address, ChainHash, Digest } from "../../server/src/platform/primitives";
import { digestNamed } from "./evidenceMaker";

/** Many anchors with proofs of one state, for what checks them in threads. */

/** The time of each of their blocks. */
export const PROVED_TIME = 1_700_000_000;
export const PROVED_CHAIN: KnownChain = {
  id: 130,
  genesisHash: ChainHash.parse(`0x${digestNamed("genesis")}`),
  contract: Address.parse(`0x${"ea".repeat(20)}`),
  codeHash: null,
  timestampsSlot: 2,
  implementation: null,
};
/** Accounts beside EAS's, for paths of some length. */
const ACCOUNTS = 200;

/** Batches that were timestamped in a block each. */
export async function provedAnchors(count: number): Promise<readonly Anchor[]> {
  const roots = Array.from({ length: count }, (_, index) => Digest.parse(digestNamed(`batch ${index}`)));
  const slotOf = (root: string) =>
    keccak256(concat([`0x${root}`, pad(toHex(PROVED_CHAIN.timestampsSlot))]), "bytes");
  const storage = await createMPT({ useKeyHashing: true });
  for (const root of roots) {
    await storage.put(slotOf(root), RLP.encode(PROVED_TIME));
  }
  const accounts = await createMPT({ useKeyHashing: true });
  const account = (root: Uint8Array) => RLP.encode([1, 0, root, new Uint8Array(32).fill(7)]);
  await accounts.put(toBytes(PROVED_CHAIN.contract), account(storage.root()));
  for (let index = 0; index < ACCOUNTS; index += 1) {
    const address = toBytes(`0x${digestNamed(`account ${index}`).slice(0, 40)}`);
    await accounts.put(address, account(new Uint8Array(32).fill(1)));
  }
  const accountProof = (await createMerkleProof(accounts, toBytes(PROVED_CHAIN.contract))).map((node) =>
    toHex(node),
  );
  const anchors: Anchor[] = [];
  for (const [index, batchRoot] of roots.entries()) {
    const header = headerOf(index + 1, accounts.root());
    anchors.push({
      batchRoot,
      chainId: PROVED_CHAIN.id,
      genesisHash: PROVED_CHAIN.genesisHash,
      contract: PROVED_CHAIN.contract,
      block: { number: index + 1, hash: ChainHash.parse(keccak256(header)) },
      transaction: ChainHash.parse(`0x${digestNamed(`transaction ${index}`)}`),
      timestamp: PROVED_TIME,
      proof: {
        header: toHex(header),
        account: accountProof,
        storage: (await createMerkleProof(storage, slotOf(batchRoot))).map((node) => toHex(node)),
      },
    });
  }
  return anchors;
}

function headerOf(number: number, stateRoot: Uint8Array): Uint8Array {
  const bytes = (length: number) => new Uint8Array(length);
  return RLP.encode([
    ...[32, 32, 20].map(bytes),
    stateRoot,
    ...[32, 32, 256].map(bytes),
    0,
    number,
    30_000_000,
    0,
    PROVED_TIME,
    ...[0, 32, 8].map(bytes),
    7,
  ]);
}
