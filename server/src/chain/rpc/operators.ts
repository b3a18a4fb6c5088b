import { BlockList, isIP } from "node:net";
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

/** Loopback (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3), and the unspecified addresses, by which systems reach themselves, too. */
const OWN_ADDRESSES = new BlockList();
OWN_ADDRESSES.addSubnet("127.0.0.0", 8, "ipv4");
OWN_ADDRESSES.addAddress("0.0.0.0", "ipv4");
OWN_ADDRESSES.addAddress("::1", "ipv6");
OWN_ADDRESSES.addAddress("::", "ipv6");

/** What hosts files of the usual systems call loopback. */
const OWN_NAMES = /(?:^|\.)localhost$|^localhost[46]?(?:\.localdomain[46]?)?$|^ip6-(?:localhost|loopback)$/;

/** An IPv4 address in the form that URLs give to it in IPv6 (RFC 4291, 2.5.5.2). */
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * Who runs each of several servers. Where one entry names the operator of an address, the others of that address are of the same
 * one, unless they say otherwise.
 *
 * @throws ProoflineError `chain.configuration` where an entry is none.
 */
export function operatedServers(entries: readonly string[]): OperatedServer[] {
  const servers = entries.map((entry) => ({ named: operatedServer(entry), address: addressOperator(entry) }));
  return servers.map(({ named, address }) => {
    const namesake = servers.find((other) => other.address === address && other.named.operator !== address);
    return named.operator === address && namesake !== undefined
      ? { ...named, operator: namesake.named.operator }
      : named;
  });
}

function addressOperator(entry: string): string {
  return operatorOf(new URL(operatedServer(entry).url).hostname).toLowerCase();
}

/**
 * Whose word a server is. An entry may say so itself (`Operator=https://…`). Otherwise it is the registrable domain of
 * the address by the public suffix list, its private section left out: customers of one host count as one operator, and
 * never as two. An IP address is an operator of its own, whatever the port and the way of writing it, all that is this computer
 * one together, and a name without a registrable domain stands for itself.
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
  const host = unmapped(hostname.replace(/^\[|\]$/g, "").replace(/\.$/, ""));
  const version = isIP(host);
  if (version === 0) {
    return OWN_NAMES.test(host) ? THIS_COMPUTER : (parse(host).domain ?? host);
  }
  return OWN_ADDRESSES.check(host, version === 4 ? "ipv4" : "ipv6") ? THIS_COMPUTER : host;
}

function unmapped(host: string): string {
  const [, high, low] = MAPPED.exec(host) ?? [];
  if (high === undefined || low === undefined) {
    return host;
  }
  const bytes = Buffer.from(`${high.padStart(4, "0")}${low.padStart(4, "0")}`, "hex");
  return bytes.join(".");
}
