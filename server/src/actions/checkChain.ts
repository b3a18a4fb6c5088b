import type { Anchor, AnchorCheck, ChainReader } from "../chain/chain";
import type { Digest } from "../provenance/primitives";

/** Asks one chain about many roots, each with the anchor files that claim it. */
export async function checkChain(
  reader: ChainReader,
  roots: readonly Digest[],
  anchors: readonly Anchor[],
): Promise<ReadonlyMap<Digest, AnchorCheck>> {
  const checks = await Promise.all(
    roots.map(async (root): Promise<[Digest, AnchorCheck]> => {
      const claims = anchors.filter((anchor) => anchor.root === root);
      return [root, await reader.check(root, claims)];
    }),
  );
  return new Map(checks);
}
