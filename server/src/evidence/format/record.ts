import * as z from "zod";
import { ExecutionFacts, ModelOutput, TrimVersion } from "../../inference/suggestion";
import { Address, Count, Digest, RandomId, RepositoryPath, Text } from "../../platform/primitives";
import type { ExecutionProfile } from "../../protocol/executionProfile";

/** A zero-based line and a zero-based column in UTF-16 code units, as the Language Server Protocol counts. */
export const Position = z.strictObject({ line: Count, character: Count });
export type Position = z.infer<typeof Position>;

/** How a suggestion was accepted: in one go, or word by word or line by line up to some point. */
export const AcceptanceKind = z.enum(["whole", "partial"]);
export type AcceptanceKind = z.infer<typeof AcceptanceKind>;

/** The text that an acceptance replaced (a typed word, say), by its place before the edit. */
export const ReplacedRange = z.strictObject({ start: Position, end: Position, text: Text });
export type ReplacedRange = z.infer<typeof ReplacedRange>;

/**
 * What the model offered and what was accepted of it, in the clear: the values behind a leaf's commitments.
 * It lives in the journal, and in an evidence file's openings as far as they travel.
 */
export const SuggestionValues = z.strictObject({
  ...ModelOutput.shape,
  /** A prefix of `displayed`, never empty. */
  accepted: Text,
  replaced: ReplacedRange,
});
export type SuggestionValues = z.infer<typeof SuggestionValues>;

/**
 * The committed fields in the order in which their commitments stand in a leaf. The order is part of the format:
 * fields are only ever added at the end, under a new predicate version.
 */
export const COMMITTED_FIELDS = [
  "promptPath",
  "promptPrefix",
  "promptSuffix",
  "promptContext",
  "tokens",
  "raw",
  "displayed",
  "accepted",
  "replaced",
  "sampling",
  "ordinal",
  "seed",
  "stop",
] as const;
export type CommittedField = (typeof COMMITTED_FIELDS)[number];

/** 32 random bytes for each committed field, as hex. Deleting a salt makes its commitment unopenable for ever. */
export const Salts = z.record(z.enum(COMMITTED_FIELDS), Digest);
export type Salts = z.infer<typeof Salts>;
export const Commitments = z.record(z.enum(COMMITTED_FIELDS), Digest);
export type Commitments = z.infer<typeof Commitments>;

/**
 * One accepted line, or the accepted part of a first or last line: its salted digest, and its length in UTF-16
 * code units. The salt is derived from the salt of `accepted` (see `lineDigest`), so whoever can open the accepted
 * text recomputes these, and one line can be opened without its neighbours.
 */
export const LineDigest = z.strictObject({ digest: Digest, length: Count });
export type LineDigest = z.infer<typeof LineDigest>;

/** What is public about one suggestion, apart from what its whole batch shares. */
export const SuggestionRecord = z.strictObject({
  id: RandomId,
  path: RepositoryPath,
  /** Where the accepted text began when the batch was sealed. */
  position: Position,
  acceptance: AcceptanceKind,
  trim: TrimVersion,
  lines: z.array(LineDigest).min(1),
  counts: z.strictObject({
    /** Generated tokens. */
    tokens: Count,
    /** UTF-16 code units of the displayed and of the accepted text. */
    displayed: Count,
    accepted: Count,
  }),
});
export type SuggestionRecord = z.infer<typeof SuggestionRecord>;

/** The facts that all suggestions of a batch share. */
export const BatchFacts = z.strictObject({
  repositoryId: RandomId,
  device: Address,
  ...ExecutionFacts.shape,
});
export type BatchFacts = z.infer<typeof BatchFacts>;

/**
 * The public record as a leaf binds it: a suggestion's own part and what it takes from its batch, so that a leaf
 * means the same without the batch.
 */
export interface LeafRecord extends SuggestionRecord {
  readonly repositoryId: RandomId;
  readonly device: Address;
  readonly manifestDigest: Digest;
  readonly environmentDigest: Digest;
  readonly profile: ExecutionProfile;
}

/** An accepted suggestion as the journal holds it until its batch is sealed. */
export const AcceptedSuggestion = z.strictObject({
  id: RandomId,
  /** Absolute path of the file's repository top, or `null` while the document lies in no folder. */
  repository: z.nullable(Text),
  /** Path below `repository`; for an untitled document its URI. */
  path: Text,
  position: Position,
  acceptance: AcceptanceKind,
  execution: ExecutionFacts,
  trim: TrimVersion,
  values: SuggestionValues,
  salts: Salts,
});
export type AcceptedSuggestion = z.infer<typeof AcceptedSuggestion>;
