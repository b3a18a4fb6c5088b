import type { Address } from "../platform/primitives";

/** Every chain of the OP stack has EAS at this address from its genesis on. */
const OP_STACK_PREDEPLOY: Address = "0x4200000000000000000000000000000000000021";

/** A public chain on which EAS is deployed. */
export interface KnownChain {
  readonly name: string;
  readonly contract: Address;
}

/** Chains by id. Source: the deployments in @ethereum-attestation-service/eas-contracts 1.4.1 and 1.9.0. */
const KNOWN_CHAINS: ReadonlyMap<number, KnownChain> = new Map<number, KnownChain>([
  [1, { name: "Ethereum", contract: "0xa1207f3bba224e2c9c3c6d5af63d0eb1582ce587" }],
  [10, { name: "Optimism", contract: OP_STACK_PREDEPLOY }],
  [130, { name: "Unichain", contract: OP_STACK_PREDEPLOY }],
  [137, { name: "Polygon", contract: "0x5e634ef5355f45a855d02d66ecd687b1502af790" }],
  [1868, { name: "Soneium", contract: OP_STACK_PREDEPLOY }],
  [8453, { name: "Base", contract: OP_STACK_PREDEPLOY }],
  [42161, { name: "Arbitrum One", contract: "0xbd75f629a22dc1ced33dda0b68c546a1c035c458" }],
  [42170, { name: "Arbitrum Nova", contract: "0x6d3dc0fe5351087e3af3bde8eb3f7350ed894fc3" }],
  [42220, { name: "Celo", contract: "0x72e1d8ccf5299fb36fefd8cc4394b8ef7e98af92" }],
  [57073, { name: "Ink", contract: OP_STACK_PREDEPLOY }],
  [59144, { name: "Linea", contract: "0xaef4103a04090071165f78d45d83a0c0782c2b2a" }],
  [84532, { name: "Base Sepolia", contract: OP_STACK_PREDEPLOY }],
  [421614, { name: "Arbitrum Sepolia", contract: "0x2521021fc8bf070473e1e1801d3c7b4ab701e1de" }],
  [534352, { name: "Scroll", contract: "0xc47300428b6ad2c7d03bb76d05a176058b47e6b0" }],
  [11155111, { name: "Sepolia", contract: "0xc2679fbd37d54388ce493f1db75320d236e1815e" }],
  [11155420, { name: "Optimism Sepolia", contract: OP_STACK_PREDEPLOY }],
]);

/** What is known of a public chain, for names and for a default contract address. */
export function knownChain(chainId: number): KnownChain | null {
  return KNOWN_CHAINS.get(chainId) ?? null;
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
  return KNOWN_CHAINS.get(chainId)?.name ?? `chain ${chainId}`;
}
