import * as z from "zod";
import { CanonicalBase64 } from "../../platform/dsse";
import { Digest, Text } from "../../platform/primitives";
import {
  AttestedValues,
  COMMITTED_FIELDS,
  type CommittedField,
  ReplayableValues,
  StatedValues,
} from "./claimValues";
import { Envelope } from "./envelope";
import type { ExecutionKind } from "./execution";
import { MAX_PIECES } from "./record";
import { MAX_BATCH_SIZE } from "./statement";

/** Bytes that an evidence file may have; a batch of 128 long suggestions stays far below. */
export const MAX_EVIDENCE_BYTES = 4 * 1024 * 1024;

/** Bytes that a file's compressed prompts may expand to. */
export const MAX_PROMPT_BYTES = 16 * 1024 * 1024;

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
 * `.proofline/evidence/<batch root>.json`: a batch as it travels. The envelope holds all commitments; the openings, in the
 * order of the leaves, hold what the commitments are over.
 */
export const EvidenceFile = z.strictObject({
  envelope: Envelope,
  openings: z.strictObject({
    /** What is needed to replay: base64 of raw deflate (RFC 1951) of the prompt openings' canonical JSON, or `null`. */
    prompts: z.nullable(CanonicalBase64),
    texts: z.array(TextOpening).min(1).max(MAX_BATCH_SIZE),
  }),
});
export type EvidenceFile = z.infer<typeof EvidenceFile>;

/** Whether a field's opening travels only with the prompt. */
export function isPromptField(
  field: CommittedField,
): field is Exclude<CommittedField, "displayed" | "accepted"> {
  return field !== "displayed" && field !== "accepted";
}

function openings<Opening extends z.ZodType>(opening: Opening) {
  return z.array(z.nullable(opening)).min(1).max(MAX_BATCH_SIZE);
}

const withoutTexts = { displayed: true, accepted: true } as const;

/** All about each claim but its displayed and accepted text; `null` where that stays with its author. */
export const PromptOpenings = {
  replayable: openings(
    z.strictObject({
      salts: z.record(z.enum(COMMITTED_FIELDS.replayable).exclude(["displayed", "accepted"]), Digest),
      values: ReplayableValues.omit(withoutTexts),
    }),
  ),
  attested: openings(
    z.strictObject({
      salts: z.record(z.enum(COMMITTED_FIELDS.attested).exclude(["displayed", "accepted"]), Digest),
      values: AttestedValues.omit(withoutTexts),
    }),
  ),
  stated: openings(
    z.strictObject({
      salts: z.record(z.enum(COMMITTED_FIELDS.stated).exclude(["accepted"]), Digest),
      values: StatedValues.omit({ accepted: true }),
    }),
  ),
} as const satisfies Record<ExecutionKind, z.ZodType>;
