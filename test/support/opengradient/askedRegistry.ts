/** Whom a person's settings name to ask of a stand-in's registry. */
import { DEFAULT_SETTINGS, type Settings } from "../../../server/src/protocol/settings";
import { startProxy } from "../rpcProxy";
import type { Surroundings } from "./startOpenGradient";

/** Settings by which a registry is asked. */
export function asking(
  { registry }: Pick<Surroundings, "registry">,
  rpcUrls: readonly string[] = registry.rpcUrls,
): Pick<Settings, "openGradient"> {
  return {
    openGradient: {
      ...DEFAULT_SETTINGS.openGradient,
      rpcUrls: [...rpcUrls],
      registryChain: registry.chainId,
      registry: registry.address,
    },
  };
}

/**
 * The registry's chain as a server shows it that keeps no transactions. Attestation documents are found in them, and those of a
 * stand-in are under a root of its own, which no setting can name.
 */
export function withoutDocuments({ registry }: Pick<Surroundings, "registry">): Promise<string> {
  const [url = ""] = registry.rpcUrls;
  return startProxy(url, (method, result) => (method === "eth_getTransactionByHash" ? null : result));
}
