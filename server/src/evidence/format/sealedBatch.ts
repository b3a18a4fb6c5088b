import type { Address, Digest } from "../../platform/primitives";
import type { ClaimValues } from "./claimValues";
import type { BatchFacts, ClaimRecord, PieceRecord } from "./record";

/** One piece of a sealed claim. */
export interface SealedPiece extends PieceRecord {
  /** What was accepted for it. */
  readonly accepted: string;
  /** Its whole lines as they were saved at sealing; `null` where only their digests travel. */
  readonly saved: readonly string[] | null;
  /** The salts of its line digests. */
  readonly lineSalts: readonly Uint8Array[];
  readonly linesBeforeSalt: Uint8Array;
  readonly surroundingsSalt: Uint8Array;
}

/** One claim of a sealed batch. */
export interface SealedClaim {
  readonly record: ClaimRecord;
  /** The hash of its leaf. It alone names the claim; the record's id is a label. */
  readonly leafHash: Digest;
  /** `null` for a stated claim, which has no output. */
  readonly displayed: string | null;
  readonly pieces: readonly SealedPiece[];
  /** All that the commitments are over; `null` where the prompt stays sealed. */
  readonly values: ClaimValues | null;
}

/** What an evidence file says. */
export interface SealedBatch {
  readonly facts: BatchFacts;
  /** Recovered from the signature. */
  readonly device: Address;
  /** The batch root, which is anchored. */
  readonly batchRoot: Digest;
  readonly suggestionsRoot: Digest;
  readonly seal: Digest;
  readonly sequence: number;
  readonly previousSeal: Digest | null;
  readonly claims: readonly SealedClaim[];
}
