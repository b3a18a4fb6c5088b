import { deviceAddress } from "../../evidence/device";
import type { ModelStore } from "../../models/store/modelStore";
import { messageOf } from "../../platform/errors";
import type { Address, Digest } from "../../platform/primitives";
import { installedPins } from "../../workflows/installedPins";
import type { EngineHost } from "../models/engineHost";
import type { SettingsStore } from "../settingsStore";

/** Whom this installation knows: its own device, and the pins of the models installed here. */
export class Identity {
  private known: { readonly device: Address | null; readonly pins: ReadonlyMap<Digest, string> } = {
    device: null,
    pins: new Map(),
  };

  constructor(
    private readonly settings: SettingsStore,
    private readonly engine: EngineHost,
    private readonly embeddedModel: string,
    private readonly models: ModelStore,
    private readonly log: (line: string) => void,
  ) {}

  /** `null` while this machine has no device key. */
  get device(): Address | null {
    return this.known.device;
  }

  get pins(): readonly Digest[] {
    return [...this.known.pins.keys()];
  }

  /** The folder of an installed pin's model; `null` where the pin is not installed. */
  modelOf(pin: Digest): string | null {
    return this.known.pins.get(pin) ?? null;
  }

  /** Looks again; the key appears with the first acceptance, the pins change with the model. */
  async refresh(): Promise<void> {
    const [device, pins] = await Promise.all([
      deviceAddress(this.settings.home).catch((error: unknown) => {
        this.log(`The device key cannot be read: ${messageOf(error)}`);
        return null;
      }),
      installedPins(this.models, this.embeddedModel, this.engine.modelDirectory),
    ]);
    this.known = { device, pins };
  }
}
