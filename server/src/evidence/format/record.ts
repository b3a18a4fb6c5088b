import * as z from "zod";
import { TrimVersion } from "../../inference/suggestion";
import { Address, Count, Digest, RandomId, RepositoryPath } from "../../platform/primitives";
import { Execution } from "./execution";

/** A zero-based line and a zero-based column in UTF-16 code units, as the Language Server Protocol counts. */
export const Position = z.strictObject({ line: Count, character: Count });
export type Position = z.infer<typeof Position>;

/** Whether all of the output was accepted, or only the beginning or some parts of it. Recomputed by every reader. */
export const AcceptanceKind = z.enum(["whole", "partial"]);
export type AcceptanceKind = z.infer<typeof AcceptanceKind>;

/** A piece of text may be accepted into several places, but not into any number. */
export const MAX_PIECES = 64;

/** Places of the same lines that are counted. */
export const MOST_COPIES = 64;

/** Lines before a piece that may be needed to tell it from its copies. */
export const MOST_LINES_BEFORE = 128;

/** Lines that one piece may touch. */
export const MAX_PIECE_LINES = 10_000;

/**
 * One whole line that a piece touches, as it was saved at sealing, without its line end: its salted digest, and its
 * length in UTF-16 code units. See `lineDigest` for the salt.
 */
export const LineDigest = z.strictObject({ digest: Digest, length: Count });
export type LineDigest = z.infer<typeof LineDigest>;

/**
 * How a compiler read a piece's whole lines when they were sealed: which of their characters belong to comments, strings and JSX of
 * several lines. Only the device says so. `grammars` names the grammars that were asked, of which a reader may know others; `digest` is salted, see `surroundingsDigest`.
 */
export const Surroundings = z.strictObject({
  grammars: z.string().regex(/^v[1-9]\d{0,3}$/),
  digest: Digest,
});
export type Surroundings = z.infer<typeof Surroundings>;

/**
 * What stood before a piece: so many of the nearest lines before it that have three letters or digits (or all there were), as their
 * salted digest; see `linesBeforeDigest`.
 */
export const LinesBefore = z.strictObject({ lines: Count.min(1).max(MOST_LINES_BEFORE), digest: Digest });
export type LinesBefore = z.infer<typeof LinesBefore>;

/** One contiguous text that a claim put into one file, as the file was saved at sealing. */
export const PieceRecord = z.strictObject({
  path: RepositoryPath,
  start: Position,
  /** The position after its last code unit. */
  end: Position,
  /** Every line from `start` to `end`, whole. */
  lines: z.array(LineDigest).min(1).max(MAX_PIECE_LINES),
  /** At how many places of the saved file its whole lines stood, its own among them, layout aside; 64 where there were more. */
  copies: Count.min(1).max(MOST_COPIES),
  /** What tells it from its copies; `null` where nothing does. */
  before: z.nullable(LinesBefore),
  /** `null` where the language has no grammar, or where it could not tell. */
  surroundings: z.nullable(Surroundings),
});
export type PieceRecord = z.infer<typeof PieceRecord>;

const PIECES = z.array(PieceRecord).min(1).max(MAX_PIECES);

/** UTF-16 code units, but for `tokens`. `accepted` is over all pieces. */
const ReplayableCounts = z.strictObject({ tokens: Count, displayed: Count, accepted: Count });

/** What is public about one claim, apart from what its whole batch shares, by kind of execution. */
export const ReplayableRecord = z.strictObject({
  id: RandomId,
  pieces: PIECES,
  acceptance: AcceptanceKind,
  trim: TrimVersion,
  counts: ReplayableCounts,
});
export const AttestedRecord = z.strictObject({
  id: RandomId,
  pieces: PIECES,
  acceptance: AcceptanceKind,
  trim: TrimVersion,
  counts: ReplayableCounts.omit({ tokens: true }),
});
export const StatedRecord = z.strictObject({
  id: RandomId,
  pieces: PIECES,
  counts: ReplayableCounts.pick({ accepted: true }),
});
export type ClaimRecord =
  | z.infer<typeof ReplayableRecord>
  | z.infer<typeof AttestedRecord>
  | z.infer<typeof StatedRecord>;

/** The facts that all claims of a batch share. */
export const BatchFacts = z.strictObject({
  repositoryId: RandomId,
  device: Address,
  execution: Execution,
});
export type BatchFacts = z.infer<typeof BatchFacts>;

/**
 * The public record as a leaf binds it: a claim's own part and what it takes from its batch, so that a leaf means the
 * same without the batch. `execution` is the SHA-256 of the facts' canonical JSON.
 */
export type LeafRecord = ClaimRecord & {
  readonly repositoryId: RandomId;
  readonly device: Address;
  readonly execution: Digest;
};
