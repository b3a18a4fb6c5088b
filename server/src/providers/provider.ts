import type { CompletionOutcome, CompletionRequest } from "../inference/engine/engine";
import type { ExecutionFacts } from "../inference/suggestion";

/** The kinds of places that suggestions come from. `local`: pinned weights on this machine. */
export type ProviderKind = "local";

/** Where suggestions come from, ready to be asked. */
export interface Provider {
  readonly kind: ProviderKind;
  /** What is stated about each of its suggestions: what made it, and how. */
  readonly facts: ExecutionFacts;
  /** A sentence for the person about how it runs otherwise than asked for; `null` where it does not. */
  readonly notice: string | null;
  /** What it was made for, by the editor's language identifiers; `null` where nobody says. */
  readonly languages: readonly string[] | null;
  /**
   * What comes next in a text. A later request supersedes an earlier automatic one, which then ends with `nothing`.
   * Rejects where the provider fails; one that was cancelled resolves.
   */
  suggest(request: CompletionRequest, signal?: AbortSignal): Promise<CompletionOutcome>;
  /**
   * Texts that probably hold what comes next, the most likely one last; they replace earlier ones. They may make
   * suggestions come sooner, and never change one.
   */
  prepare(texts: readonly string[]): void;
  dispose(): Promise<void>;
}
