import * as z from "zod";
import { Count, Digest } from "../../platform/primitives";
import { BatchFacts, Commitments, SuggestionRecord } from "./record";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "urn:proofline:suggestions:v1";

/** A batch holds at most this many suggestions; it is sealed when it reaches the number. */
export const MAX_BATCH_SIZE = 128;

/**
 * The predicate of a sealed batch: who says it (device, its sequence number and previous seal), what all
 * suggestions share, and each suggestion's public record with its commitments.
 */
export const SuggestionsPredicate = z.strictObject({
  ...BatchFacts.shape,
  /** Counts this device's batches from 0. */
  sequence: Count,
  /** The seal of this device's batch before, or `null` for its first. */
  previousSeal: z.nullable(Digest),
  tree: z.strictObject({ algorithm: z.literal("rfc9162-sha256"), size: Count.min(1).max(MAX_BATCH_SIZE) }),
  suggestions: z
    .array(z.strictObject({ record: SuggestionRecord, commitments: Commitments }))
    .min(1)
    .max(MAX_BATCH_SIZE),
});
export type SuggestionsPredicate = z.infer<typeof SuggestionsPredicate>;

/** in-toto Statement v1 (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md). */
export const Statement = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.tuple([
    z.strictObject({ name: z.literal("suggestions"), digest: z.strictObject({ sha256: Digest }) }),
  ]),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: SuggestionsPredicate,
});
export type Statement = z.infer<typeof Statement>;
