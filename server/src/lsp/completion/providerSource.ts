import type { ModelState } from "../../protocol/messages";
import type { Provider } from "../../providers/provider";

/** Who keeps the provider of suggestions ready: all that completion knows of where suggestions come from. */
export interface ProviderSource {
  /** The provider, or `null` while there is none; `state` says why. */
  readonly provider: Provider | null;
  readonly state: ModelState;
  onChange(listener: (state: ModelState) => void): void;
  /** Waits until a start that is under way is done. */
  ready(): Promise<Provider | null>;
  /** The provider answered: what it failed in before no longer counts. */
  succeeded(): void;
  /** The provider rejected for a reason that no caller asked for. */
  failed(provider: Provider, error: unknown): void;
}
