import type { Digest } from "../../platform/primitives";
import type { SealedBatch, SealedClaim } from "./sealedBatch";

/** What is asked of a batch so often that nobody should have to look at all of its claims for it. */
export interface BatchOutline {
  /** The places of claims in the batch, by the recorded paths of their pieces. */
  readonly byPath: ReadonlyMap<string, readonly number[]>;
  /** Of each claim, in their order. */
  readonly ids: readonly string[];
  readonly leafHashes: readonly Digest[];
}

const known = new WeakMap<SealedBatch, BatchOutline>();

/** The outline of a batch. Made once for each, in time linear in its pieces, unless it came with the batch. */
export function outlineOf(batch: SealedBatch): BatchOutline {
  const outline = known.get(batch) ?? made(batch.claims);
  known.set(batch, outline);
  return outline;
}

/** Says that a batch came with an outline, so that nobody looks at its claims to make one. */
export function outlineIsKnown(batch: SealedBatch, outline: BatchOutline): void {
  known.set(batch, outline);
}

function made(claims: readonly SealedClaim[]): BatchOutline {
  const byPath = new Map<string, number[]>();
  for (const [index, { pieces }] of claims.entries()) {
    for (const path of new Set(pieces.map((piece) => piece.path))) {
      const here = byPath.get(path);
      if (here === undefined) {
        byPath.set(path, [index]);
      } else {
        here.push(index);
      }
    }
  }
  return {
    byPath,
    ids: claims.map(({ record }) => record.id),
    leafHashes: claims.map(({ leafHash }) => leafHash),
  };
}
