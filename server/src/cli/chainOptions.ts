import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { parseRpcServerEntry } from "../protocol/rpcServerEntry";
import { ChainSettings } from "../protocol/settings";
import { CommandError } from "./commandError";
import { namedFileError } from "./systemRefusals";

/** Flags that every command which talks to a chain takes; each has a variable of the same meaning. */
export interface ChainFlags {
  readonly chainId?: string;
  readonly rpcUrl?: readonly string[];
  readonly contract?: string;
  readonly keyFile?: string;
}

export function addChainFlags(command: Command): Command {
  return command
    .option("--chain-id <id>", "an EVM chain instead of the one on this computer (PROOFLINE_CHAIN_ID)")
    .option(
      "--rpc-url <url...>",
      "its RPC servers, each as an address or Operator=address (PROOFLINE_RPC_URLS, separated by commas)",
    )
    .option("--contract <address>", "its EAS contract (PROOFLINE_CONTRACT)");
}

export function addKeyFlag(command: Command): Command {
  return command.option(
    "--key-file <file>",
    "a file with the private key that pays for anchors (PROOFLINE_KEY_FILE, or the key itself in PROOFLINE_KEY)",
  );
}

/** Whether flags name a chain for this one run: nothing else then counts. */
export function namesChain({ chainId, rpcUrl, contract }: ChainFlags): boolean {
  return chainId !== undefined || rpcUrl !== undefined || contract !== undefined;
}

/** The chain that flags and variables name; flags win. Naming none is the local chain; naming some takes all three. */
export function chainSettings(flags: ChainFlags, variables: NodeJS.ProcessEnv = process.env): ChainSettings {
  const id = flags.chainId ?? variables.PROOFLINE_CHAIN_ID;
  const rpcUrls = flags.rpcUrl ?? variables.PROOFLINE_RPC_URLS?.split(",").map((url) => url.trim());
  const contract = flags.contract ?? variables.PROOFLINE_CONTRACT;
  if (id === undefined && rpcUrls === undefined && contract === undefined) {
    return { kind: "embedded" };
  }
  const parsed = ChainSettings.safeParse({ kind: "rpc", id: Number(id), rpcUrls, contract });
  if (parsed.success) {
    return parsed.data;
  }
  const wrong = new Set(parsed.error.issues.map(({ path: [field] }) => field));
  throw new CommandError(
    "usage",
    [
      ...(id === undefined ? ["--chain-id is missing."] : []),
      ...(wrong.has("id") && id !== undefined ? [`${id} is not a chain id, which is a whole number.`] : []),
      ...(rpcUrls === undefined ? ["--rpc-url is missing."] : []),
      ...(wrong.has("rpcUrls") && rpcUrls !== undefined ? [wrongServers(rpcUrls)] : []),
      ...(contract === undefined ? ["--contract is missing."] : []),
      ...(wrong.has("contract") && contract !== undefined
        ? [`${contract} is not an address, which is 0x and 40 hexadecimal digits.`]
        : []),
    ].join(" "),
    "Give --chain-id, --rpc-url and --contract together, or none of them for the local chain.",
  );
}

/** Which of the servers are none, by their places: what they are may be a key that went astray. */
function wrongServers(rpcUrls: readonly string[]): string {
  const places = rpcUrls.flatMap((entry, index) => (parseRpcServerEntry(entry) === null ? [index + 1] : []));
  const which =
    places.length === 0
      ? "There are too few or too many RPC servers: each"
      : `RPC server ${places.join(", ")} of ${rpcUrls.length} is none: each`;
  return `${which} is an http or https address, with or without an operator before it (Example=https://…).`;
}

/** The private key that pays for anchors, `0x` and 64 hex digits; `null` where none is given. */
export function transactionKey(
  flags: ChainFlags,
  variables: NodeJS.ProcessEnv = process.env,
): `0x${string}` | null {
  return keyFrom(flags.keyFile ?? variables.PROOFLINE_KEY_FILE, variables.PROOFLINE_KEY, "PROOFLINE_KEY");
}

/** A private key from a file, else from a variable. */
export function keyFrom(
  file: string | undefined,
  value: string | undefined,
  variable: string,
): `0x${string}` | null {
  const key = file === undefined ? value : readKeyFile(file);
  if (key === undefined || key.trim() === "") {
    return null;
  }
  const hex = key.trim().replace(/^0x/, "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new CommandError(
      "usage",
      "The private key is not 64 hex digits.",
      `Check the file behind --key-file, or the variable ${variable}.`,
    );
  }
  return `0x${hex}`;
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw namedFileError(file, error);
  }
}
