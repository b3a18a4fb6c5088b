// Certificate revocation lists (RFC 5280, section 5). Bundled with `certificateChain`, for the same library reads both.

import type { KeyObject } from "node:crypto";
// What the library is built on refuses to load without it.
import "reflect-metadata/lite";
import { PublicKey, X509Crl } from "@peculiar/x509";

/** Which certificates an authority took back. */
export interface RevocationList {
  /** The instants between which it is the newest, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** @param serialNumber in hex, as `node:crypto` spells it */
  hasRevoked(serialNumber: string): boolean;
}

/** Honest lists stay far below both. */
const MAX_BYTES = 64 * 1024;
const MAX_NODES = 20_000;

/**
 * Reads a list and checks its authority's signature on it.
 *
 * @param der the list
 * @throws Error with a reason where it is malformed, without an end, conditional, or signed by another key
 */
export async function readRevocationList(der: Uint8Array, authority: KeyObject): Promise<RevocationList> {
  if (der.length > MAX_BYTES) {
    throw new Error(`it is longer than ${MAX_BYTES} bytes`);
  }
  const list = new X509Crl(der, { berOptions: { maxNodes: MAX_NODES } });
  const { nextUpdate } = list;
  if (nextUpdate === undefined) {
    throw new Error("it says nothing of the next one");
  }
  // Such an extension may say that the list is about some certificates only.
  if (list.extensions.some(({ critical }) => critical)) {
    throw new Error("it has conditions that cannot be met here");
  }
  const publicKey = new PublicKey(authority.export({ type: "spki", format: "der" }));
  if (!(await list.verify({ publicKey }))) {
    throw new Error("another key signed it");
  }
  const revoked = new Set(list.entries.map(({ serialNumber }) => BigInt(`0x${serialNumber}`)));
  return {
    from: list.thisUpdate.getTime(),
    to: nextUpdate.getTime(),
    hasRevoked: (serialNumber) => revoked.has(BigInt(`0x${serialNumber}`)),
  };
}
