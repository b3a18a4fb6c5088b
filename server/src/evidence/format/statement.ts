import * as z from "zod";
import { Address, Count, Digest, RandomId } from "../../platform/primitives";
import { AttestedExecution, type ExecutionKind, ReplayableExecution, StatedExecution } from "./execution";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";

/** A batch holds at most this many claims; it is sealed when it reaches the number. */
export const MAX_BATCH_SIZE = 128;

/** What every predicate says of its batch, in both versions of the format. */
export const OF_BATCH = {
  repositoryId: RandomId,
  device: Address,
  /** Counts this device's batches from 0. */
  sequence: Count,
  /** The seal of this device's batch before, or `null` for its first. */
  previousSeal: z.nullable(Digest),
  tree: z.strictObject({ algorithm: z.literal("rfc9162-sha256"), size: Count.min(1).max(MAX_BATCH_SIZE) }),
};

/** The one subject of every statement: the root of the suggestions' tree. */
export const SUBJECT = z.tuple([
  z.strictObject({ name: z.literal("suggestions"), digest: z.strictObject({ sha256: Digest }) }),
]);

/** The predicates by kind of execution. */
const predicateOf = {
  replayable: z.strictObject({ ...OF_BATCH, execution: ReplayableExecution }),
  attested: z.strictObject({ ...OF_BATCH, execution: AttestedExecution }),
  stated: z.strictObject({ ...OF_BATCH, execution: StatedExecution }),
} as const satisfies Record<ExecutionKind, z.ZodType>;

/** How one version of the format names and spells its predicates. */
export interface PredicateVersion {
  readonly type: `urn:proofline:suggestions:v${number}`;
  readonly predicateOf: Readonly<Record<ExecutionKind, z.ZodType>>;
}

/** The version that is written. */
export const PREDICATE = {
  type: "urn:proofline:suggestions:v2",
  predicateOf,
} as const satisfies PredicateVersion;

/**
 * in-toto Statement v1 (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md). The predicate of a sealed
 * batch says who says it (device, its sequence number and previous seal) and how the outputs came about; the subject's digest is
 * over all claims.
 */
export const Statement = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: SUBJECT,
  predicateType: z.literal(PREDICATE.type),
  predicate: z.union([predicateOf.replayable, predicateOf.attested, predicateOf.stated]),
});
export type Statement = z.infer<typeof Statement>;
