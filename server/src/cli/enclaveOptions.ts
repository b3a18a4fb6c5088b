import type { Command } from "commander";
import { OPENGRADIENT_REGISTRY, OpenGradientSettings } from "../protocol/openGradientSettings";
import type { EnclaveRegistry } from "../workflows/enclaveRegistry";
import { CommandError } from "./commandError";

/** Whom OpenGradient's registry of enclaves is asked of, where lines were written through one. */
export interface EnclaveFlags {
  readonly enclaveRpcUrl?: readonly string[];
  readonly enclaveRegistry?: string;
  readonly enclaveRegistryChain?: number;
  readonly enclaveRelay?: string;
}

export function addEnclaveFlags(command: Command): Command {
  return command
    .option(
      "--enclave-rpc-url <url...>",
      "RPC servers of the chain that registers OpenGradient's enclaves (PROOFLINE_ENCLAVE_RPC_URLS, separated by commas)",
    )
    .option(
      "--enclave-registry <address>",
      "another registry than OpenGradient's own (PROOFLINE_ENCLAVE_REGISTRY)",
    )
    .option(
      "--enclave-registry-chain <id>",
      "the chain that it is on (PROOFLINE_ENCLAVE_REGISTRY_CHAIN)",
      Number,
    )
    .option(
      "--enclave-relay <address>",
      "the contract that tells of settlements there (PROOFLINE_ENCLAVE_RELAY)",
    );
}

/** The registry that flags and variables name, flags before variables; `null` where no server is named. */
export function enclaveRegistryIn(
  flags: EnclaveFlags,
  variables: NodeJS.ProcessEnv = process.env,
): EnclaveRegistry | null {
  const chain = variables.PROOFLINE_ENCLAVE_REGISTRY_CHAIN;
  return namedRegistry({
    servers: flags.enclaveRpcUrl ?? variables.PROOFLINE_ENCLAVE_RPC_URLS?.split(",").map((url) => url.trim()),
    registry: flags.enclaveRegistry ?? variables.PROOFLINE_ENCLAVE_REGISTRY,
    registryChain: flags.enclaveRegistryChain ?? (chain === undefined ? undefined : Number(chain)),
    relay: flags.enclaveRelay ?? variables.PROOFLINE_ENCLAVE_RELAY,
    flags: ["--enclave-rpc-url", "--enclave-registry", "--enclave-registry-chain", "--enclave-relay"],
  });
}

/** @param named.flags what the person can give instead, in the order of the members */
export function namedRegistry(named: {
  readonly servers: readonly string[] | undefined;
  readonly registry: string | undefined;
  readonly registryChain: number | undefined;
  readonly relay: string | undefined;
  readonly flags: readonly [servers: string, registry: string, chain: string, relay: string];
}): EnclaveRegistry | null {
  const { servers, registry, registryChain, relay, flags } = named;
  if (servers === undefined) {
    if (registry !== undefined || registryChain !== undefined || relay !== undefined) {
      throw new CommandError(
        "usage",
        "A registry, or a contract on its chain, is named, but no server to ask it of.",
        `Name RPC servers of its chain with ${flags[0]}.`,
      );
    }
    return null;
  }
  const parsed = OpenGradientSettings.safeParse({
    rpcUrls: servers,
    registry: registry ?? OPENGRADIENT_REGISTRY.address,
    registryChain: registryChain ?? OPENGRADIENT_REGISTRY.chainId,
    relay: relay ?? null,
  });
  if (parsed.success) {
    const { rpcUrls, registryChain: chainId, registry: address, relay: of } = parsed.data;
    return { rpcUrls, chainId, address, relay: of };
  }
  switch (parsed.error.issues[0]?.path[0]) {
    case "registry":
      throw new CommandError(
        "usage",
        `${registry} is not an address, which is 0x and 40 hexadecimal digits.`,
        `Correct ${flags[1]}, or leave it out for OpenGradient's own.`,
      );
    case "relay":
      throw new CommandError(
        "usage",
        `${relay} is not an address, which is 0x and 40 hexadecimal digits.`,
        `Correct ${flags[3]}, or leave it out, and nobody is asked for settlements.`,
      );
    case "registryChain":
      throw new CommandError(
        "usage",
        `${registryChain} is not a chain id, which is a whole number.`,
        `Correct ${flags[2]}, or leave it out for OpenGradient's own.`,
      );
    default:
      throw new CommandError(
        "usage",
        "There are too many RPC servers, or one of them is none: each is an http or https address, with or without an operator before it (Example=https://…).",
        `Correct ${flags[0]}.`,
      );
  }
}
