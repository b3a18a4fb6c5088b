import type { ExecutionFacts } from "../../inference/suggestion";
import type { ModelState } from "../../protocol/messages";
import type { Offered, Provider } from "../../providers/provider";

/** When a provider may be asked though nobody asked for a suggestion. */
export interface Unasked {
  /** Why it may not be now, as a sentence; `null` where it may. */
  refusal(): string | null;
  /** How long it waits for another key at least. */
  readonly leastPauseMilliseconds: number;
  /** Whether it is asked for what comes after a suggestion on show. */
  readonly ahead: boolean;
}

/** Who keeps a provider of suggestions ready: all that completion knows of where suggestions come from. */
export interface ProviderSource {
  /** The provider, or `null` while there is none; `state` says why. */
  readonly provider: Provider | null;
  readonly state: ModelState;
  /** What it offers; what is left of another kind, from before, is not shown again. */
  readonly offers: Offered["kind"];
  readonly unasked: Unasked;
  /** What makes its suggestions; `null` while nothing runs, and where only an answer tells. */
  readonly runs: ExecutionFacts | null;
  /** Waits until a start that is under way is done. */
  ready(): Promise<Provider | null>;
  /** The provider answered: what it failed in before no longer counts. */
  succeeded(): void;
  /** The provider rejected for a reason that no caller asked for. */
  failed(provider: Provider, error: unknown): void;
}
