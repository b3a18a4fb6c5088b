import { unreachable } from "../../platform/errors";
import { parseRpcServerEntry } from "../../protocol/rpcServerEntry";
import type { ChainSettings } from "../../protocol/settings";
import { visibleText } from "../../protocol/visibleText";
import { chainName, KNOWN_CHAINS, knownGenesis } from "../knownChains";
import { operatedServer } from "../rpc/operators";
import type { ConsentQuestion } from "./chainConsents";

type RpcSettings = Extract<ChainSettings, { kind: "rpc" }>;

/** What people call a configured chain: `Base`, `the local chain`. */
export function nameOfChain(chain: ChainSettings): string {
  switch (chain.kind) {
    case "embedded":
      return "the local chain";
    case "rpc":
      return chainName(chain.id, false);
    default:
      return unreachable(chain);
  }
}

/**
 * All that a person has to know before they accept a chain, line by line: which one, whose word it would be, what it takes
 * the place of, and what follows. Values that the repository wrote are shown letter by letter.
 */
export function describeProposal({ proposed, instead }: ConsentQuestion): string[] {
  return [...describeChain(proposed), ...describeDifference(proposed, instead), ...consequences(proposed)];
}

function describeChain(chain: ChainSettings): string[] {
  switch (chain.kind) {
    case "embedded":
      return ["Chain      the chain on this computer, which its owner controls"];
    case "rpc":
      return [
        `Chain      ${chainName(chain.id, false)}, id ${chain.id}`,
        `Block 0    ${knownGenesis(chain.id, KNOWN_CHAINS) ?? "not known beforehand: it is whatever its servers say"}`,
        `Contract   ${chain.contract}, ${describeContract(chain)}`,
        ...chain.rpcUrls.map((entry) => `Server     ${describeServer(entry)}`),
      ];
    default:
      return unreachable(chain);
  }
}

function describeContract({ id, contract }: RpcSettings): string {
  const known = KNOWN_CHAINS.find((chain) => chain.id === id);
  if (known === undefined) {
    return "not known beforehand: the repository says that it is EAS";
  }
  return known.contract === contract
    ? "the known EAS contract of this chain"
    : `not the known EAS contract of this chain, which is ${known.contract}`;
}

/** An entry may say who operates its server. That is the repository's word here, so whose the address is stands beside it. */
function describeServer(entry: string): string {
  const parsed = parseRpcServerEntry(entry);
  if (parsed === null) {
    return visibleText(entry);
  }
  const { operator } = operatedServer(parsed.url);
  const ofAddress = visibleText(operator);
  return parsed.operator === null
    ? `${visibleText(parsed.url)}, operated by ${ofAddress}`
    : `${visibleText(parsed.url)}, operated by ${visibleText(parsed.operator)} as the repository says; the address is of ${ofAddress}`;
}

/** Each field of the person's own chain that would count no longer. */
function describeDifference(proposed: ChainSettings, own: ChainSettings): string[] {
  if (own.kind === "embedded" || proposed.kind === "embedded") {
    return [`Instead of ${nameOfChain(own)}, which your own settings name.`];
  }
  const gone = own.rpcUrls.filter((entry) => !proposed.rpcUrls.includes(entry));
  const more = proposed.rpcUrls.filter((entry) => !own.rpcUrls.includes(entry));
  return [
    ...(own.id === proposed.id
      ? ["It is the chain of your own settings, with other values:"]
      : [`Instead of ${nameOfChain(own)}, id ${own.id}, which your own settings name:`]),
    ...(own.contract === proposed.contract ? [] : [`- contract ${own.contract} no longer counts`]),
    ...gone.map((entry) => `- the server ${hostOf(entry)} is no longer asked`),
    ...more.map((entry) => `- the server ${hostOf(entry)} is new`),
  ];
}

/** Host and port only, for what stands behind them may be the person's own token. */
function hostOf(entry: string): string {
  return visibleText(new URL(operatedServer(entry).url).host);
}

function consequences(proposed: ChainSettings): string[] {
  if (proposed.kind === "embedded") {
    return ["Verdicts here then know of no other chain's anchors."];
  }
  const operators = new Set(proposed.rpcUrls.map((entry) => operatedServer(entry).operator));
  return [
    operators.size === 1
      ? "Verdicts here then rest on the word of that one operator."
      : "Verdicts here then rest on the word of these operators. If they lie together, nobody contradicts them.",
    `Batches of this repository are then anchored there, paid with the key that you set for chain ${proposed.id}.`,
  ];
}
