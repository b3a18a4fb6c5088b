import type { ModelStore } from "../../models/store/modelStore";
import type { Address, Digest } from "../../platform/primitives";
import { builtInPolicy, type Policy } from "../../policy/policy";
import { type KnownHere, lookAround } from "../../workflows/knownHere";
import type { EngineHost } from "../models/engineHost";
import type { SettingsStore } from "../settingsStore";
import type { SuggestionStore } from "../suggestions/suggestionStore";

/** Whom this installation knows, as it was when somebody looked last. */
export class Identity {
  private known: KnownHere = {
    device: null,
    deviceProblem: null,
    pins: new Map(),
    policy: builtInPolicy({ device: null, pins: [] }),
  };

  constructor(
    private readonly settings: SettingsStore,
    private readonly engine: EngineHost,
    private readonly embeddedModel: string,
    private readonly models: ModelStore,
    store: SuggestionStore,
    private readonly log: (line: string) => void,
  ) {
    store.onEvent(async ({ kind }) => {
      // The key appears with the first batch, whatever becomes of its file.
      if (kind === "sealed" || kind === "anchored" || kind === "obstacle") {
        await this.refresh();
      }
    });
  }

  /** `null` while this machine has no device key. */
  get device(): Address | null {
    return this.known.device;
  }

  get policy(): Policy {
    return this.known.policy;
  }

  /** The folder of an installed pin's model; `null` where the pin is not installed. */
  modelOf(pin: Digest): string | null {
    return this.known.pins.get(pin)?.directory ?? null;
  }

  /** Looks again; the key appears with the first batch, the pins change with the model. */
  async refresh(): Promise<void> {
    const { home } = this.settings;
    this.known = await lookAround(home, this.models, this.embeddedModel, this.engine.modelDirectory);
    if (this.known.deviceProblem !== null) {
      this.log(this.known.deviceProblem);
    }
  }
}
