import type { LinesOf } from "../evidence/locate/enclosure";
import type { SameTokens } from "../evidence/locate/locatePiece";
import type { PlaceHints } from "../evidence/locate/locateSuggestions";
import type { ReplayResult } from "../inference/engine/engine";
import type { ChainHash } from "../platform/primitives";
import type { ClaimsParameters } from "./claims";
import type { Moves } from "./moves";
import type { Policy } from "./policy";
import type { PromptShares } from "./promptCheck";
import type { EnclaveCheck } from "./verdict";
import type { VerifierReplay } from "./verifierReplays";

/** What is known of a claim's replay: a result, or why there is none. */
export type ReplayOutcome =
  | ReplayResult
  | { readonly value: "notRun" | "impossible"; readonly reason: string };

/** What is known of an attested claim's enclave. */
export interface EnclaveOutcome {
  readonly value: "enclaveSigned" | "enclaveUnchecked" | "enclaveContradicted";
  readonly reason: string;
  /** Each by itself, in the order of reading; none where nothing could be looked at. */
  readonly checks: readonly EnclaveCheck[];
  /** Whether the approval of the enclave's code was taken back after it had signed. */
  readonly isRevokedSince: boolean;
  /** What its code is measured as: keccak256 of PCR0 to PCR2; `null` where nobody told. */
  readonly measurement: ChainHash | null;
}

/** Everything a verdict rests on. All of it was read before; nothing here touches a disk or a network. */
export interface VerifyParameters extends Omit<ClaimsParameters, "moves"> {
  readonly moves?: Moves;
  /** Today's text of each file by its path, with LF; a missing path is a file that is not there. */
  readonly texts: ReadonlyMap<string, string>;
  /** Today's text of each file that open prompts quote, by its path, with LF; a missing one is in no repository. */
  readonly quoted?: ReadonlyMap<string, string>;
  /** By the keys of pieces. */
  readonly hints?: PlaceHints;
  /** Answers whether only meaningless white space differs; what it does not know yet is `edited`. */
  readonly sameTokens?: SameTokens;
  /** Answers how a compiler reads lines of a text; what it does not know yet is `edited`. Where nobody is asked, all is code. */
  readonly linesOf?: LinesOf;
  /** Remembers what was computed about prompts from one verification to the next. */
  readonly shares?: PromptShares;
  /** Replay outcomes by claim: a leaf hash, or the id of what stands in the journal only. Ids of sealed ones are labels. */
  readonly replays: ReadonlyMap<string, ReplayOutcome>;
  /** Claims that verifiers have replayed, by leaf hash. */
  readonly verifierReplays?: ReadonlyMap<string, VerifierReplay>;
  /** Outcomes of enclave checks by claim. */
  readonly enclaves?: ReadonlyMap<string, EnclaveOutcome>;
  readonly policy: Policy;
}
