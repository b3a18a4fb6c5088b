import * as z from "zod";
import { FieldDigests } from "../claimValues";
import { AttestedExecution, type ExecutionKind, ReplayableExecution, StatedExecution } from "../execution";
import { AttestedRecord, ReplayableRecord, StatedRecord } from "../record";
import { MAX_BATCH_SIZE, OF_BATCH, type PredicateVersion, STATEMENT_TYPE, SUBJECT } from "../statement";

function claims<Claim extends z.ZodType>(claim: Claim) {
  return z.array(claim).min(1).max(MAX_BATCH_SIZE);
}

const predicateOf = {
  replayable: z.strictObject({
    ...OF_BATCH,
    execution: ReplayableExecution,
    claims: claims(z.strictObject({ record: ReplayableRecord, commitments: FieldDigests.replayable })),
  }),
  attested: z.strictObject({
    ...OF_BATCH,
    execution: AttestedExecution,
    claims: claims(z.strictObject({ record: AttestedRecord, commitments: FieldDigests.attested })),
  }),
  stated: z.strictObject({
    ...OF_BATCH,
    execution: StatedExecution,
    claims: claims(z.strictObject({ record: StatedRecord, commitments: FieldDigests.stated })),
  }),
} as const satisfies Record<ExecutionKind, z.ZodType>;

export const FIRST_PREDICATE = {
  type: "urn:proofline:suggestions:v1",
  predicateOf,
} as const satisfies PredicateVersion;

/** The same as `Statement` with each claim's public record and its commitments in the predicate. */
export const FirstStatement = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: SUBJECT,
  predicateType: z.literal(FIRST_PREDICATE.type),
  predicate: z.union([predicateOf.replayable, predicateOf.attested, predicateOf.stated]),
});
export type FirstStatement = z.infer<typeof FirstStatement>;
