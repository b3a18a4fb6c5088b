import * as z from "zod";
import { CanonicalBase64 } from "../../platform/dsse";
import { Digest, Text } from "../../platform/primitives";
import { Envelope } from "./envelope";
import { COMMITTED_FIELDS, SuggestionValues } from "./record";
import { MAX_BATCH_SIZE } from "./statement";

/** Bytes that an evidence file may have; a batch of 128 long suggestions stays far below. */
export const MAX_EVIDENCE_BYTES = 4 * 1024 * 1024;

/** Bytes that a file's compressed prompts may expand to. */
export const MAX_PROMPT_BYTES = 16 * 1024 * 1024;

/** A text with the salt that opens its commitment. */
const TextOpening = z.strictObject({ salt: Digest, text: Text });

/**
 * `.proofline/evidence/<batch root>.json`: a batch as it travels. The envelope holds all commitments; the openings, in the
 * order of the leaves, hold what the commitments are over.
 */
export const EvidenceFile = z.strictObject({
  envelope: Envelope,
  openings: z.strictObject({
    /** What is needed to replay: base64 of raw deflate (RFC 1951) of `PromptOpenings`' canonical JSON, or `null`. */
    prompts: z.nullable(CanonicalBase64),
    texts: z
      .array(z.strictObject({ accepted: TextOpening, displayed: TextOpening }))
      .min(1)
      .max(MAX_BATCH_SIZE),
  }),
});
export type EvidenceFile = z.infer<typeof EvidenceFile>;

/** The committed fields whose openings travel only with the prompt. */
export const PROMPT_FIELDS = COMMITTED_FIELDS.filter(
  (field) => field !== "displayed" && field !== "accepted",
);

/** Everything about one suggestion but its displayed and accepted text; `null` where the prompt stays sealed. */
const PromptOpening = z.strictObject({
  salts: z.record(z.enum(COMMITTED_FIELDS).exclude(["displayed", "accepted"]), Digest),
  values: SuggestionValues.omit({ displayed: true, accepted: true }),
});
export type PromptOpening = z.infer<typeof PromptOpening>;

export const PromptOpenings = z.array(z.nullable(PromptOpening)).min(1).max(MAX_BATCH_SIZE);
export type PromptOpenings = z.infer<typeof PromptOpenings>;
