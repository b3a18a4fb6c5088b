import { isIP } from "node:net";
import { parse } from "tldts";
import { ProoflineError } from "../../platform/errors";
import { parseRpcServerEntry } from "../../protocol/rpcServerEntry";

/** An RPC server and whoever runs it. */
export interface OperatedServer {
  readonly url: string;
  /** Lower-case. Servers of one operator are one voice, however many they are. */
  readonly operator: string;
}

/** Whoever runs a server on the reader's own computer. */
const THIS_COMPUTER = "this computer";

/**
 * Whose word a server is. An entry may say so itself (`Operator=https://…`). Otherwise it is the registrable domain of
 * the address by the public suffix list, its private section left out: customers of one host count as one operator, and
 * never as two. An IP address is an operator of its own, whatever the port, all of loopback one together, and a name
 * without a registrable domain stands for itself.
 *
 * @throws ProoflineError `chain.configuration` where the entry is none.
 */
export function operatedServer(entry: string): OperatedServer {
  const parsed = parseRpcServerEntry(entry);
  if (parsed === null) {
    throw new ProoflineError(
      "chain.configuration",
      "An RPC server is neither an http nor an https address.",
      "correctChain",
    );
  }
  const { url, operator } = parsed;
  return { url, operator: (operator ?? operatorOf(new URL(url).hostname)).toLowerCase() };
}

function operatorOf(hostname: string): string {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isLoopback(host)) {
    return THIS_COMPUTER;
  }
  return isIP(host) !== 0 ? host : (parse(host).domain ?? host);
}

function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)
  );
}
