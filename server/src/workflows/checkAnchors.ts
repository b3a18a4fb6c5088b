import type { Anchor, AnchorCheck, ChainReader } from "../chain/chain";
import type { Digest } from "../platform/primitives";
import { allBegunInSlices } from "../platform/slices";

/** Asks one chain about many batch roots, each with the anchor files that claim it. */
export async function checkChain(
  reader: ChainReader,
  batchRoots: readonly Digest[],
  anchors: readonly Anchor[],
): Promise<ReadonlyMap<Digest, AnchorCheck>> {
  const claimed = new Map<Digest, Anchor[]>();
  for (const anchor of anchors) {
    const others = claimed.get(anchor.batchRoot) ?? [];
    others.push(anchor);
    claimed.set(anchor.batchRoot, others);
  }
  const check = async (batchRoot: Digest): Promise<[Digest, AnchorCheck]> => {
    const claims = claimed.get(batchRoot) ?? [];
    const found = await reader.check(batchRoot, claims);
    return [batchRoot, claims.length === 0 && found.status === "unreachable" ? unclaimed(found) : found];
  };
  // All are asked at once, so that questions share their way.
  return new Map(await allBegunInSlices(batchRoots, check));
}

/** Nobody claims that the root is anchored anywhere, so it is pending whether or not the chain can be asked. */
function unclaimed(check: AnchorCheck): AnchorCheck {
  return { ...check, status: "pending", reason: `Sealed, not anchored yet. ${check.reason ?? ""}`.trim() };
}
