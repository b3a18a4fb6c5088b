import { prettyCanonicalJson, readCanonicalFile } from "../platform/canonicalJson";
import { Anchor } from "./chain";

/** One with a proof of a proxy on a large chain has about 40,000. */
export const MAX_ANCHOR_BYTES = 64 * 1024;

/**
 * The name of an anchor's file: `<batch root>.<chain id>-<8 digits>.json`, with the first eight hex digits of the hash of
 * the chain's genesis block, for chains of many computers share an id. Nobody reads anything from it.
 */
export function anchorFileName({ batchRoot, chainId, genesisHash }: Anchor): string {
  return `${batchRoot}.${chainId}-${genesisHash.slice(2, 10)}.json`;
}

/** The text of an anchor file. */
export function formatAnchor(anchor: Anchor): string {
  return prettyCanonicalJson(anchor);
}

/** What an anchor file holds; `reason` says in a sentence why it is no anchor. */
export type AnchorReading =
  | { readonly kind: "anchor"; readonly anchor: Anchor }
  | { readonly kind: "malformed"; readonly reason: string };

/** Reads an anchor file's bytes. Its claims are not checked. */
export function readAnchor(bytes: Uint8Array): AnchorReading {
  const file = readCanonicalFile(bytes, Anchor, { kind: "an anchor file", maxBytes: MAX_ANCHOR_BYTES });
  return file.kind === "read" ? { kind: "anchor", anchor: file.value } : file;
}
