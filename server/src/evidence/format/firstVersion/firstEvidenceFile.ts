import * as z from "zod";
import { CanonicalBase64 } from "../../../platform/dsse";
import { Digest, Text } from "../../../platform/primitives";
import { COMMITTED_FIELDS } from "../claimValues";
import { Envelope } from "../envelope";
import { PromptValues } from "../evidenceFile";
import type { ExecutionKind } from "../execution";
import { MAX_PIECES } from "../record";
import { MAX_BATCH_SIZE } from "../statement";

/** The opening of what travels with every claim. */
const TextOpening = z.strictObject({
  /** What was accepted, piece by piece. */
  accepted: z.strictObject({ salt: Digest, texts: z.array(Text).min(1).max(MAX_PIECES) }),
  /** All that was offered; `null` for a stated claim, which has no output. */
  displayed: z.nullable(z.strictObject({ salt: Digest, text: Text })),
  /**
   * For each piece, the whole lines that it touches as they were saved at sealing, joined by LF; `null` where one of
   * them looks like a secret. The record's line digests are over them.
   */
  saved: z.array(z.nullable(Text)).min(1).max(MAX_PIECES),
});
export type TextOpening = z.infer<typeof TextOpening>;

/**
 * An evidence file of the format's first version, which is read and not written any more. The envelope holds all records and commitments; the
 * openings, in the order of the leaves, hold what the commitments are over.
 */
export const FirstEvidenceFile = z.strictObject({
  envelope: Envelope,
  openings: z.strictObject({
    /** What is needed to replay: base64 of raw deflate (RFC 1951) of the prompt openings' canonical JSON, or `null`. */
    prompts: z.nullable(CanonicalBase64),
    texts: z.array(TextOpening).min(1).max(MAX_BATCH_SIZE),
  }),
});
export type FirstEvidenceFile = z.infer<typeof FirstEvidenceFile>;

const withoutTexts = ["displayed", "accepted"] as const;

function openings<Salts extends z.ZodType, Values extends z.ZodType>(salts: Salts, values: Values) {
  return z
    .array(z.nullable(z.strictObject({ salts, values })))
    .min(1)
    .max(MAX_BATCH_SIZE);
}

/** All about each claim but its displayed and accepted text, with a salt for each field; `null` where that stays with its author. */
export const FirstPromptOpenings = {
  replayable: openings(
    z.record(z.enum(COMMITTED_FIELDS.replayable).exclude(withoutTexts), Digest),
    PromptValues.replayable,
  ),
  attested: openings(
    z.record(z.enum(COMMITTED_FIELDS.attested).exclude(withoutTexts), Digest),
    PromptValues.attested,
  ),
  stated: openings(
    z.record(z.enum(COMMITTED_FIELDS.stated).exclude(["accepted"]), Digest),
    PromptValues.stated,
  ),
} as const satisfies Record<ExecutionKind, z.ZodType>;
