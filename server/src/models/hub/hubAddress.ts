import { ProoflineError } from "../../platform/errors";

/**
 * Reads the address of a hub: `https://host[:port]`, or plain `http` on this machine alone. Nothing else may stand in
 * it, neither a path nor a password.
 *
 * @throws ProoflineError `usage`
 */
export function parseHubAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  const plain = url !== null && (url.pathname === "/" || url.pathname === "") && !url.search && !url.hash;
  if (url === null || !plain || url.username !== "" || url.password !== "" || !mayBeAsked(url)) {
    throw new ProoflineError(
      "usage",
      `${JSON.stringify(address)} is not the address of a model hub.`,
      "correctHub",
    );
  }
  return url;
}

/** Whether anything may be asked of an address at all: `https`, or `http` on this machine. */
export function mayBeAsked(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
}

/** Whether an address is this machine itself. Names are not looked up: `localhost` is loopback by RFC 6761. */
export function isLoopback({ hostname }: URL): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}
