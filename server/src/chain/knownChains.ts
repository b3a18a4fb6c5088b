import { Address, ChainHash } from "../platform/primitives";
import type { ChainIdentity } from "./chain";

/** Names of the public chains on which EAS is deployed, by id. Source: the deployments in @ethereum-attestation-service/eas-contracts 1.4.1 and 1.9.0. */
const CHAIN_NAMES: ReadonlyMap<number, string> = new Map([
  [1, "Ethereum"],
  [10, "Optimism"],
  [130, "Unichain"],
  [137, "Polygon"],
  [1868, "Soneium"],
  [8453, "Base"],
  [42161, "Arbitrum One"],
  [42170, "Arbitrum Nova"],
  [42220, "Celo"],
  [57073, "Ink"],
  [59144, "Linea"],
  [84532, "Base Sepolia"],
  [421614, "Arbitrum Sepolia"],
  [534352, "Scroll"],
  [11155111, "Sepolia"],
  [11155420, "Optimism Sepolia"],
]);

/** What is known of an EAS contract beforehand: enough to read a proof of what it stores. */
export interface ContractFacts {
  readonly contract: Address;
  /** Keccak-256 of its code; `null` where no source gives it. */
  readonly codeHash: ChainHash | null;
  /** The storage slot of its mapping from data to its time (`_timestamps`). */
  readonly timestampsSlot: number;
  /** Where it is a proxy (EIP-1967), the contract behind it whose storage layout that is; `null` for none. */
  readonly implementation: { readonly address: Address; readonly codeHash: ChainHash | null } | null;
}

/** What is known of a chain beforehand, so that no server can say otherwise. */
export interface KnownChain extends ContractFacts {
  readonly id: number;
  /** The hash of block 0. */
  readonly genesisHash: ChainHash;
}

/** EAS and its implementation where it is a part of the OP stack. */
const PREDEPLOY = {
  contract: Address.parse("0x4200000000000000000000000000000000000021"),
  codeHash: null,
  timestampsSlot: 51,
  implementation: {
    address: Address.parse("0xc0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d30021"),
    codeHash: null,
  },
};

/** The first releases of EAS, deployed as they are. */
const DEPLOYED = { codeHash: null, timestampsSlot: 2, implementation: null };

/**
 * The chains that are known beforehand. `docs/chain-trust.md` names the source of each value, and says what follows from
 * what is missing.
 */
export const KNOWN_CHAINS: readonly KnownChain[] = [
  {
    id: 1,
    genesisHash: ChainHash.parse("0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"),
    contract: Address.parse("0xa1207f3bba224e2c9c3c6d5af63d0eb1582ce587"),
    ...DEPLOYED,
  },
  {
    id: 11155111,
    genesisHash: ChainHash.parse("0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"),
    contract: Address.parse("0xc2679fbd37d54388ce493f1db75320d236e1815e"),
    ...DEPLOYED,
  },
  {
    id: 42161,
    genesisHash: ChainHash.parse("0x7ee576b35482195fc49205cec9af72ce14f003b9ae69f6ba0faef4514be8b442"),
    contract: Address.parse("0xbd75f629a22dc1ced33dda0b68c546a1c035c458"),
    ...DEPLOYED,
  },
  {
    id: 8453,
    genesisHash: ChainHash.parse("0xf712aa9241cc24369b143cf6dce85f0902a9731e70d66818a3a5845b296c73dd"),
    ...PREDEPLOY,
  },
  {
    id: 84532,
    genesisHash: ChainHash.parse("0x0dcc9e089e30b90ddfc55be9a37dd15bc551aeee999d2e2b51414c54eaf934e4"),
    ...PREDEPLOY,
  },
  {
    id: 10,
    genesisHash: ChainHash.parse("0x7ca38a1916c42007829c55e69d3e9a73265554b586a499015373241b8a3fa48b"),
    ...PREDEPLOY,
  },
  {
    id: 11155420,
    genesisHash: ChainHash.parse("0x102de6ffb001480cc9b8b548fd05c34cd4f46ae4aa91759393db90ea0409887d"),
    ...PREDEPLOY,
  },
];

/** The hash of a chain's block 0, where it is known beforehand. */
export function knownGenesis(chainId: number, chains: readonly KnownChain[]): ChainHash | null {
  return chains.find(({ id }) => id === chainId)?.genesisHash ?? null;
}

/** What is known of a contract on a chain with this block 0. */
export function factsAbout(
  { chainId, genesisHash, contract }: Pick<ChainIdentity, "chainId" | "genesisHash" | "contract">,
  chains: readonly KnownChain[],
): ContractFacts | null {
  return (
    chains.find(
      (known) => known.id === chainId && known.genesisHash === genesisHash && known.contract === contract,
    ) ?? null
  );
}

/**
 * Whether an anchor names a public chain: one that is known by its name, and none that contradicts what is known of its block 0 and its
 * contract. Whether the anchor is true is another question.
 */
export function namesPublicChain({
  chainId,
  genesisHash,
  contract,
}: Pick<ChainIdentity, "chainId" | "genesisHash" | "contract">): boolean {
  const isKnown = KNOWN_CHAINS.some(({ id }) => id === chainId);
  return isKnown
    ? factsAbout({ chainId, genesisHash, contract }, KNOWN_CHAINS) !== null
    : CHAIN_NAMES.has(chainId);
}

/** The ids that developer chains use unless they are told otherwise: anvil and hardhat, ganache and geth. */
const LOCAL_CHAIN_IDS = [31337, 1337];

/**
 * Whether a chain is a developer's own: by its id, or because its server says that it is a developer's node. A server
 * can hide that, so `false` promises nothing.
 */
export function isLocalChain(chainId: number, clientVersion: string | null): boolean {
  return LOCAL_CHAIN_IDS.includes(chainId) || /^(anvil|hardhat|ganache)/i.test(clientVersion ?? "");
}

/** What people call a chain: `local chain`, `Base`, `chain 10740`, `chain 10740 (local)`. */
export function chainName(chainId: number, local: boolean): string {
  if (LOCAL_CHAIN_IDS.includes(chainId)) {
    return "local chain";
  }
  // A developer's node that copies a public chain's id must not pass for that chain.
  if (local) {
    return `chain ${chainId} (local)`;
  }
  return CHAIN_NAMES.get(chainId) ?? `chain ${chainId}`;
}
