import { canonicalJson } from "../../platform/canonicalJson";
import { fromDigest, sha256Digest, uint32 } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";
import { COMMITTED_FIELDS, type FieldDigests } from "./claimValues";
import type { Execution } from "./execution";
import type { BatchFacts, ClaimRecord, LeafRecord } from "./record";
import { leafHashOf } from "./tree";

/** SHA-256 of the canonical JSON (RFC 8785) of a batch's execution facts, or of a part of them. */
export function factsDigest(facts: Execution | object): Digest {
  return sha256Digest(canonicalJson(facts));
}

/** A claim's public record, completed with what it takes from its batch. */
export function leafRecord(record: ClaimRecord, { repositoryId, device, execution }: BatchFacts): LeafRecord {
  return { ...record, repositoryId, device, execution: factsDigest(execution) };
}

/**
 * What a leaf of a batch's tree stands for: the byte length of the record's canonical JSON as 32 bits, that JSON, and
 * the 32-byte commitments in the order that `COMMITTED_FIELDS` gives them for the batch's kind of execution.
 */
export function leafData(record: LeafRecord, kind: Execution["kind"], commitments: FieldDigests): Uint8Array {
  const json = Buffer.from(canonicalJson(record), "utf8");
  return Buffer.concat([
    uint32(json.length),
    json,
    ...COMMITTED_FIELDS[kind].map((field) => {
      const commitment = commitments[field];
      if (commitment === undefined) {
        throw new RangeError(`the commitment of ${field} is missing`);
      }
      return fromDigest(commitment);
    }),
  ]);
}

/** The hash of a claim's leaf, which names the claim: SHA-256(0x00 ‖ leaf data). */
export function leafHash(record: ClaimRecord, facts: BatchFacts, commitments: FieldDigests): Uint8Array {
  return leafHashing(facts)(record, commitments);
}

/** The same for all claims of one batch, whose facts are hashed once. */
export function leafHashing({
  repositoryId,
  device,
  execution: facts,
}: BatchFacts): (record: ClaimRecord, commitments: FieldDigests) => Uint8Array {
  const execution = factsDigest(facts);
  return (record, commitments) =>
    leafHashOf(leafData({ ...record, repositoryId, device, execution }, facts.kind, commitments));
}
