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
