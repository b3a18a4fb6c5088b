import type { Environment } from "../../inference/suggestion";
import { canonicalJson } from "../../platform/canonicalJson";
import { fromDigest, sha256, toDigest, uint32 } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";
import {
  type BatchFacts,
  COMMITTED_FIELDS,
  type Commitments,
  type LeafRecord,
  type SuggestionRecord,
} from "./record";
import { leafHashOf } from "./tree";

/** SHA-256 of the environment's canonical JSON (RFC 8785): the name that a policy approves an environment by. */
export function environmentDigest(environment: Environment): Digest {
  return toDigest(sha256(canonicalJson(environment)));
}

/** A suggestion's public record, completed with what it takes from its batch. */
export function leafRecord(record: SuggestionRecord, facts: BatchFacts): LeafRecord {
  return {
    ...record,
    repositoryId: facts.repositoryId,
    device: facts.device,
    manifestDigest: facts.model.manifestDigest,
    environmentDigest: environmentDigest(facts.environment),
    profile: facts.profile,
  };
}

/**
 * What a leaf of a batch's tree stands for: the byte length of the record's canonical JSON as 32 bits, that JSON, and
 * the 32-byte commitments in the order of `COMMITTED_FIELDS`.
 */
export function leafData(record: LeafRecord, commitments: Commitments): Uint8Array {
  const json = Buffer.from(canonicalJson(record), "utf8");
  return Buffer.concat([
    uint32(json.length),
    json,
    ...COMMITTED_FIELDS.map((field) => fromDigest(commitments[field])),
  ]);
}

/** The hash of a suggestion's leaf: SHA-256(0x00 ‖ leaf data). */
export function leafHash(record: LeafRecord, commitments: Commitments): Uint8Array {
  return leafHashOf(leafData(record, commitments));
}
