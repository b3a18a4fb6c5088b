import type { ModelState } from "../../protocol/messages";
import type { EnclaveTerms } from "../../providers/opengradient/enclaveTerms";
import type { Provider } from "../../providers/provider";
import type { ProviderSource, Unasked } from "../completion/providerSource";
import type { SettingsStore } from "../settingsStore";
import type { EnclaveSpending } from "./enclaveSpending";
import type { RequestBudget } from "./requestBudget";

/** Each request costs money and sends code away, so that somebody who goes on typing is waited for. */
const LEAST_PAUSE_MILLISECONDS = 400;

/** The enclave that a person agreed to for one repository. Whether it may be asked at all is seen to before each request. */
export class EnclaveSource implements ProviderSource {
  readonly offers = "attested";
  readonly runs = null;
  readonly unasked: Unasked;

  constructor(
    readonly provider: Provider,
    private readonly terms: EnclaveTerms,
    private readonly spending: EnclaveSpending,
    settings: SettingsStore,
    budget: RequestBudget,
  ) {
    this.unasked = {
      leastPauseMilliseconds: LEAST_PAUSE_MILLISECONDS,
      ahead: false,
      refusal() {
        const { automatic, requestsPerHour } = settings.current.enclaveUse;
        if (!automatic) {
          return "Suggestions through an enclave come only when you ask for them; the setting proofline.openGradient.automatic changes that.";
        }
        return budget.spent < requestsPerHour
          ? null
          : `Within the last hour ${budget.spent} requests went to enclaves, and the setting proofline.openGradient.requestsPerHour allows ${requestsPerHour}; suggestions still come when you ask for them.`;
      },
    };
  }

  get state(): ModelState {
    const { enclave, model: name, settlement } = this.terms;
    return { kind: "relayed", name, enclave, settlement, committed: this.spending.ofToday };
  }

  async ready(): Promise<Provider> {
    return this.provider;
  }

  succeeded(): void {}

  failed(): void {}
}
