import { fromDigest } from "../../../platform/digests";
import { COMMITTED_FIELDS, type FieldDigests } from "../claimValues";
import type { ExecutionKind } from "../execution";
import { leafRecordsOf, recordBytes } from "../leaf";
import type { BatchFacts, ClaimRecord, LeafRecord } from "../record";
import { leafHashOf } from "../tree";

/**
 * What a leaf stood for in the first version: the byte length of the record's canonical JSON as 32 bits, that JSON, and
 * the 32-byte commitments in the order that `COMMITTED_FIELDS` gives them for the batch's kind of execution.
 */
export function firstLeafData(
  record: LeafRecord,
  kind: ExecutionKind,
  commitments: FieldDigests,
): Uint8Array {
  return Buffer.concat([
    recordBytes(record),
    ...COMMITTED_FIELDS[kind].map((field) => {
      const commitment = commitments[field];
      if (commitment === undefined) {
        throw new RangeError(`the commitment of ${field} is missing`);
      }
      return fromDigest(commitment);
    }),
  ]);
}

/** The hashes of one batch's leaves in the first version. */
export function firstLeafHashing(
  facts: BatchFacts,
): (record: ClaimRecord, commitments: FieldDigests) => Uint8Array {
  const complete = leafRecordsOf(facts);
  return (record, commitments) =>
    leafHashOf(firstLeafData(complete(record), facts.execution.kind, commitments));
}
