import { canonicalJson } from "../../platform/canonicalJson";
import { fromDigest, sha256Digest, uint32 } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";
import type { BoundDigests } from "./commitment";
import type { Execution } from "./execution";
import type { BatchFacts, ClaimRecord, LeafRecord } from "./record";
import { leafHashOf } from "./tree";

/** Begins what a leaf stands for, so that it means nothing in another version of the format: "proofline/v2" ‖ 0x00 ‖ "claim" ‖ 0x00. */
const BEGINNING = Buffer.from("proofline/v2\0claim\0", "utf8");

/** SHA-256 of the canonical JSON (RFC 8785) of a batch's execution facts, or of a part of them. */
export function factsDigest(facts: Execution | object): Digest {
  return sha256Digest(canonicalJson(facts));
}

/**
 * What a leaf of a batch's tree stands for: its beginning, the byte length of the record's canonical JSON as 32 bits, that JSON,
 * and 32 bytes each: the digest of what opens with the prompt, the commitment of `displayed` (not of a stated claim), and that of `accepted`.
 */
export function leafData(record: LeafRecord, { sealed, displayed, accepted }: BoundDigests): Uint8Array {
  return Buffer.concat([
    BEGINNING,
    recordBytes(record),
    ...[sealed, displayed, accepted].flatMap((digest) => (digest === null ? [] : [fromDigest(digest)])),
  ]);
}

/** A record as leaves of both versions hold it: the byte length of its canonical JSON as 32 bits, and that JSON. */
export function recordBytes(record: LeafRecord): Uint8Array {
  const json = Buffer.from(canonicalJson(record), "utf8");
  return Buffer.concat([uint32(json.length), json]);
}

/** Completes the public records of one batch's claims, whose facts are hashed once, with what they take from it. */
export function leafRecordsOf(facts: BatchFacts): (record: ClaimRecord) => LeafRecord {
  const { repositoryId, device } = facts;
  const execution = factsDigest(facts.execution);
  return (record) => ({ ...record, repositoryId, device, execution });
}

/** The hash of a claim's leaf, which names the claim: SHA-256(0x00 ‖ leaf data). For the claims of one batch. */
export function leafHashing(facts: BatchFacts): (record: ClaimRecord, bound: BoundDigests) => Uint8Array {
  const complete = leafRecordsOf(facts);
  return (record, bound) => leafHashOf(leafData(complete(record), bound));
}
