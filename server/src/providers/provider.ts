import type { EnclaveFacts, EnclaveOutput } from "../inference/enclaveOutput";
import type { Completion, CompletionRequest, LikelyRequest, NothingReason } from "../inference/engine/engine";
import type { ExecutionFacts } from "../inference/suggestion";

/** What a provider offers, with what made it: all that evidence needs. Its displayed text is never empty. */
export type Offered =
  | { readonly kind: "replayable"; readonly facts: ExecutionFacts; readonly output: Completion }
  | { readonly kind: "attested"; readonly facts: EnclaveFacts; readonly output: EnclaveOutput };

export type OfferOutcome =
  | { readonly kind: "offered"; readonly offered: Offered }
  | { readonly kind: "nothing"; readonly reason: NothingReason };

/**
 * The kinds of places that suggestions come from. `local`: pinned weights on this machine. `opengradient`: a model behind
 * OpenGradient's enclaves.
 */
export type ProviderKind = "local" | "opengradient";

/** Where suggestions come from, ready to be asked. */
export interface Provider {
  readonly kind: ProviderKind;
  /** A sentence for the person about how it runs otherwise than asked for; `null` where it does not. */
  readonly notice: string | null;
  /** What it was made for, by the editor's language identifiers; `null` where nobody says. */
  readonly languages: readonly string[] | null;
  /**
   * What comes next in a text. A later request supersedes an earlier automatic one, which then ends with `nothing`.
   * Rejects where the provider fails; one that was cancelled resolves.
   *
   * @param onText hears of the text so far where it comes in parts: to be looked at and for nothing else, as nobody vouches for it yet
   */
  suggest(
    request: CompletionRequest,
    signal?: AbortSignal,
    onText?: (text: string) => void,
  ): Promise<OfferOutcome>;
  /**
   * Texts that probably hold what comes next, the most likely one last; they replace earlier ones. They may make
   * suggestions come sooner, and never change one.
   */
  prepare(texts: readonly string[]): void;
  /** Reads what a request that is likely to come will need, where that sends nothing and costs nothing; `null` ends it. */
  readAhead(likely: LikelyRequest | null): void;
  dispose(): Promise<void>;
}
