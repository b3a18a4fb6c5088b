import type { Address, Digest } from "../../platform/primitives";
import type { BatchFacts, SuggestionRecord, SuggestionValues } from "./record";
/** One suggestion of a sealed batch. */
export interface SealedSuggestion {
  readonly record: SuggestionRecord;
  readonly leafHash: Digest;
  readonly displayed: string;
  readonly accepted: string;
  /** All that a replay needs; `null` where the prompt stays sealed. */
  readonly values: SuggestionValues | null;
}

/** What an evidence file says. */
export interface SealedBatch {
  readonly facts: BatchFacts;
  readonly environmentDigest: Digest;
  /** Recovered from the signature. */
  readonly device: Address;
  /** The batch root, which is anchored. */
  readonly batchRoot: Digest;
  readonly suggestionsRoot: Digest;
  readonly seal: Digest;
  readonly sequence: number;
  readonly previousSeal: Digest | null;
  readonly suggestions: readonly SealedSuggestion[];
}
