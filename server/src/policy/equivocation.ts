import type { SealedBatch } from "../evidence/format/sealedBatch";
import type { Digest } from "../platform/primitives";

/**
 * The batches in which a device contradicts itself about the order of its seals, by their roots: one device's seals
 * form a chain, so no two of its batches have one number or one predecessor, the first and only the first has none, and
 * each number follows that of its predecessor, where that is known.
 */
export function equivocating(batches: readonly SealedBatch[]): ReadonlySet<Digest> {
  const found = new Set<Digest>();
  const distinct = new Map(batches.map((batch) => [batch.batchRoot, batch]));
  const bySeal = new Map([...distinct.values()].map((batch) => [batch.seal, batch]));
  const seen = new Map<string, SealedBatch>();
  for (const batch of distinct.values()) {
    const { device, sequence, previousSeal, batchRoot } = batch;
    if ((sequence === 0) !== (previousSeal === null)) {
      found.add(batchRoot);
    }
    const before = previousSeal === null ? undefined : bySeal.get(previousSeal);
    if (before !== undefined && (before.sequence + 1 !== sequence || before.device !== device)) {
      found.add(batchRoot);
    }
    for (const place of [`${device} number ${sequence}`, `${device} after ${previousSeal ?? "nothing"}`]) {
      const other = seen.get(place);
      if (other !== undefined) {
        found.add(batchRoot);
        found.add(other.batchRoot);
      }
      seen.set(place, batch);
    }
  }
  return found;
}
