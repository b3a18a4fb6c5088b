import type { Anchor, AnchorCheck, ChainReader } from "../chain/chain";
import type { Digest } from "../platform/primitives";

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
  const checks = await Promise.all(
    batchRoots.map(async (batchRoot): Promise<[Digest, AnchorCheck]> => {
      const claims = claimed.get(batchRoot) ?? [];
      const check = await reader.check(batchRoot, claims);
      return [batchRoot, claims.length === 0 && check.status === "unreachable" ? unclaimed(check) : check];
    }),
  );
  return new Map(checks);
}

/** Nobody claims that the root is anchored anywhere, so it is pending whether or not the chain can be asked. */
function unclaimed(check: AnchorCheck): AnchorCheck {
  return { ...check, status: "pending", reason: `Sealed, not anchored yet. ${check.reason ?? ""}`.trim() };
}
