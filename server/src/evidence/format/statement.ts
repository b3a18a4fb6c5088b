import * as z from "zod";
import { Address, Count, Digest, RandomId } from "../../platform/primitives";
import { FieldDigests } from "./claimValues";
import { AttestedExecution, type ExecutionKind, ReplayableExecution, StatedExecution } from "./execution";
import { AttestedRecord, ReplayableRecord, StatedRecord } from "./record";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "urn:proofline:suggestions:v1";

/** A batch holds at most this many claims; it is sealed when it reaches the number. */
export const MAX_BATCH_SIZE = 128;

const ofBatch = {
  repositoryId: RandomId,
  device: Address,
  /** Counts this device's batches from 0. */
  sequence: Count,
  /** The seal of this device's batch before, or `null` for its first. */
  previousSeal: z.nullable(Digest),
  tree: z.strictObject({ algorithm: z.literal("rfc9162-sha256"), size: Count.min(1).max(MAX_BATCH_SIZE) }),
};

function claims<Claim extends z.ZodType>(claim: Claim) {
  return z.array(claim).min(1).max(MAX_BATCH_SIZE);
}

const ReplayablePredicate = z.strictObject({
  ...ofBatch,
  execution: ReplayableExecution,
  claims: claims(z.strictObject({ record: ReplayableRecord, commitments: FieldDigests.replayable })),
});
const AttestedPredicate = z.strictObject({
  ...ofBatch,
  execution: AttestedExecution,
  claims: claims(z.strictObject({ record: AttestedRecord, commitments: FieldDigests.attested })),
});
const StatedPredicate = z.strictObject({
  ...ofBatch,
  execution: StatedExecution,
  claims: claims(z.strictObject({ record: StatedRecord, commitments: FieldDigests.stated })),
});

/** The predicates by kind of execution. */
export const PredicateOf = {
  replayable: ReplayablePredicate,
  attested: AttestedPredicate,
  stated: StatedPredicate,
} as const satisfies Record<ExecutionKind, z.ZodType>;

/**
 * The predicate of a sealed batch: who says it (device, its sequence number and previous seal), how the outputs came
 * about, and each claim's public record with its commitments.
 */
export const Predicate = z.union([ReplayablePredicate, AttestedPredicate, StatedPredicate]);
export type Predicate = z.infer<typeof Predicate>;

/** in-toto Statement v1 (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md). */
export const Statement = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.tuple([
    z.strictObject({ name: z.literal("suggestions"), digest: z.strictObject({ sha256: Digest }) }),
  ]),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: Predicate,
});
export type Statement = z.infer<typeof Statement>;
