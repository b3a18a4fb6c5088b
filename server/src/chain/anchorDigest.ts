import { sha256Digest } from "../platform/digests";
import type { Digest } from "../platform/primitives";
import type { Anchor } from "./chain";

const digests = new WeakMap<Anchor, Digest>();

/** SHA-256 of all that an anchor says. Proofs are long, so it is computed once for each anchor in memory. */
export function anchorDigest(anchor: Anchor): Digest {
  const digest = digests.get(anchor) ?? sha256Digest(JSON.stringify(anchor));
  digests.set(anchor, digest);
  return digest;
}
