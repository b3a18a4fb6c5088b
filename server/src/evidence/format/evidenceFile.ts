import * as z from "zod";
import { TrimVersion } from "../../inference/suggestion";
import { CanonicalBase64 } from "../../platform/dsse";
import { Count, Digest, RandomId, Text } from "../../platform/primitives";
import { AttestedValues, ReplayableValues, StatedValues } from "./claimValues";
import { Envelope } from "./envelope";
import type { ExecutionKind } from "./execution";
import { LineDigest, MAX_PIECE_LINES, MAX_PIECES, PieceRecord } from "./record";
import { MAX_BATCH_SIZE } from "./statement";

/** Bytes that an evidence file may have; a batch of 128 long suggestions stays far below. */
export const MAX_EVIDENCE_BYTES = 4 * 1024 * 1024;

/** Bytes that a file's compressed prompts may expand to. */
export const MAX_PROMPT_BYTES = 16 * 1024 * 1024;

/** Lines that all pieces of a batch may touch together: each is hashed before anybody knows who signed it. */
export const MAX_BATCH_LINES = 32_768;

/** A piece as it travels: what a reader can compute of its record is left out. */
const TravellingPiece = z.strictObject({
  ...PieceRecord.omit({ lines: true }).shape,
  /** What was accepted for it. */
  accepted: Text,
  /**
   * The whole lines that it touches as they were saved at sealing, joined by LF, or, where one of them looks like a secret, what
   * the record says of them.
   */
  lines: z.union([Text, z.array(LineDigest).min(1).max(MAX_PIECE_LINES)]),
});
export type TravellingPiece = z.infer<typeof TravellingPiece>;

/** A claim as it travels. Its record, its commitments and so its leaf are computed of this and of its opened prompt. */
const TravellingClaim = z.strictObject({
  id: RandomId,
  pieces: z.array(TravellingPiece).min(1).max(MAX_PIECES),
  /** All that was offered; `null` for a stated claim, which has no output. */
  displayed: z.nullable(Text),
  /** Which trim chain made it; `null` likewise. */
  trim: z.nullable(TrimVersion),
  /** Of what travels here, see `ClaimSalts`. */
  salt: Digest,
  /** Stands for what stays with the author, see `sealedDigest`, with the count of tokens of a replayable claim; `null` where that is open. */
  sealed: z.nullable(z.strictObject({ digest: Digest, tokens: z.nullable(Count) })),
});
export type TravellingClaim = z.infer<typeof TravellingClaim>;

/**
 * `.proofline/evidence/<batch root>.json`: a batch as it travels. The envelope holds the signed root, and the claims, in the order
 * of the leaves, all that leads to it together with the opened prompts.
 */
export const EvidenceFile = z.strictObject({
  claims: z.array(TravellingClaim).min(1).max(MAX_BATCH_SIZE),
  envelope: Envelope,
  /** What is needed to replay: base64 of raw deflate (RFC 1951) of the prompt openings' canonical JSON, or `null`. */
  prompts: z.nullable(CanonicalBase64),
});
export type EvidenceFile = z.infer<typeof EvidenceFile>;

const withoutTexts = { displayed: true, accepted: true } as const;

/** The values behind a claim's commitments but its displayed and accepted text. */
export const PromptValues = {
  replayable: ReplayableValues.omit(withoutTexts),
  attested: AttestedValues.omit(withoutTexts),
  stated: StatedValues.omit({ accepted: true }),
} as const satisfies Record<ExecutionKind, z.ZodType>;

function openings<Values extends z.ZodType>(values: Values) {
  const opening = z.strictObject({ salt: Digest, values });
  return z.array(z.nullable(opening)).min(1).max(MAX_BATCH_SIZE);
}

/** All about each claim that does not stand in the file itself, with the prompt's salt; `null` where that stays with its author. */
export const PromptOpenings = {
  replayable: openings(PromptValues.replayable),
  attested: openings(PromptValues.attested),
  stated: openings(PromptValues.stated),
} as const satisfies Record<ExecutionKind, z.ZodType>;
