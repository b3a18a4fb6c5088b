import { DEFAULT_OPENGRADIENT, OpenGradientSettings } from "./openGradientSettings";
import { ChainSettings } from "./settings";

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
  const parsed = ChainSettings.safeParse({ kind, id, rpcUrls, contract });
  return parsed.success ? parsed.data : problemWith(parsed.error.issues[0]?.path[0]);
}

/** The `proofline.openGradient.*` settings as the editor hands them over. */
export interface RawOpenGradient {
  readonly rpcUrls: unknown;
  readonly registryChain: unknown;
  readonly registry: unknown;
  readonly relay: unknown;
}

/** Checks whom OpenGradient's registry is asked of. What is left out is OpenGradient's own. */
export function readOpenGradient({
  rpcUrls,
  registryChain,
  registry,
  relay,
}: RawOpenGradient): OpenGradientSettings | Problem {
  const parsed = OpenGradientSettings.safeParse({
    rpcUrls: rpcUrls ?? DEFAULT_OPENGRADIENT.rpcUrls,
    registryChain: registryChain ?? DEFAULT_OPENGRADIENT.registryChain,
    registry: registry === undefined || registry === "" ? DEFAULT_OPENGRADIENT.registry : registry,
    relay: relay === undefined || relay === "" ? null : relay,
  });
  if (parsed.success) {
    return parsed.data;
  }
  const remedy = "Correct it, or take it out.";
  switch (parsed.error.issues[0]?.path[0]) {
    case "registryChain":
      return { problem: "The setting proofline.openGradient.registryChain is not a chain id.", remedy };
    case "registry":
      return { problem: "The setting proofline.openGradient.registry is not an address.", remedy };
    case "relay":
      return { problem: "The setting proofline.openGradient.relay is not an address.", remedy };
    default:
      return { problem: `The setting proofline.openGradient.rpcUrls ${NO_SERVERS}.`, remedy };
  }
}

const NO_SERVERS =
  "is not a list of http or https addresses, each with or without an operator before it (Example=https://…)";

/** Says what is wrong with the first setting that the schema refuses. */
function problemWith(setting: PropertyKey | undefined): Problem {
  switch (setting) {
    case "id":
      return problem("proofline.chain.id", "is not a chain id");
    case "rpcUrls":
      return problem("proofline.chain.rpcUrls", NO_SERVERS);
    case "contract":
      return problem("proofline.chain.contract", "is not an address");
    default:
      return problem("proofline.chain.kind", "is neither embedded nor rpc");
  }
}

function problem(setting: string, what: string): Problem {
  return {
    problem: `The setting ${setting} ${what}.`,
    remedy: "Correct it, or set proofline.chain.kind to embedded.",
  };
}
