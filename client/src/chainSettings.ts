import type { ChainSettings } from "../../server/src/protocol/settings";

/** A setting that cannot be used as it is: which one, in a sentence, and what to do. */
export interface Problem {
  readonly problem: string;
  readonly remedy: string;
}

/** The `proofline.chain.*` settings as the editor hands them over: anything a person can type into a JSON file. */
export interface RawChain {
  readonly kind: unknown;
  readonly id: unknown;
  readonly rpcUrls: unknown;
  readonly contract: unknown;
}

/**
 * Checks the chain settings. An unfinished `rpc` chain is a problem rather than the embedded chain: nobody may find
 * their evidence anchored somewhere else than they asked for.
 */
export function readChain({ kind, id, rpcUrls, contract }: RawChain): ChainSettings | Problem {
  if (kind === undefined || kind === "embedded") {
    return { kind: "embedded" };
  }
  if (kind !== "rpc") {
    return problem("proofline.chain.kind", "is neither embedded nor rpc");
  }
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 1) {
    return problem("proofline.chain.id", "is not a chain id");
  }
  if (!Array.isArray(rpcUrls) || rpcUrls.length === 0 || !rpcUrls.every(isWebAddress)) {
    return problem("proofline.chain.rpcUrls", "is not a list of http or https addresses");
  }
  if (typeof contract !== "string" || !/^0x[0-9a-f]{40}$/i.test(contract)) {
    return problem("proofline.chain.contract", "is not an address");
  }
  // The server's schema spells addresses in lower case and brands them; the check above is the same one.
  return { kind: "rpc", id, rpcUrls, contract: contract.toLowerCase() } as ChainSettings;
}

function problem(setting: string, what: string): Problem {
  return {
    problem: `The setting ${setting} ${what}.`,
    remedy: "Correct it, or set proofline.chain.kind to embedded.",
  };
}

function isWebAddress(value: unknown): value is string {
  return typeof value === "string" && /^https?:/i.test(value) && URL.canParse(value);
}
