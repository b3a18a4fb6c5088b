import { prooflineHome } from "../platform/home";
import { InitializationOptions } from "../protocol/messages";
import { DEFAULT_SETTINGS, type Settings } from "../protocol/settings";
import type { EnclaveRegistry } from "../workflows/enclaveRegistry";
import { parse } from "./requests";

export type SettingsListener = (settings: Settings, before: Settings) => void;

/** The settings in force, and who wants to know when they change. */
export class SettingsStore {
  private readonly listeners: SettingsListener[] = [];

  private constructor(
    private settings: Settings,
    /** The folder for keys, journal and chain state; it does not change while the server runs. */
    readonly home: string,
  ) {}

  /** Reads `initializationOptions`; an editor that sends none gets the defaults. */
  static from(initializationOptions: unknown): SettingsStore {
    if (initializationOptions === undefined || initializationOptions === null) {
      return new SettingsStore(DEFAULT_SETTINGS, prooflineHome());
    }
    const { settings, home } = parse("initializationOptions", InitializationOptions, initializationOptions);
    return new SettingsStore(settings, prooflineHome(home));
  }

  get current(): Settings {
    return this.settings;
  }

  /** Whom OpenGradient's registry is asked of; `null` where the person has named nobody, or may not be asked for. */
  get enclaveRegistry(): EnclaveRegistry | null {
    const { trusted, openGradient } = this.settings;
    const { rpcUrls, registryChain, registry, relay } = openGradient;
    return trusted && rpcUrls.length > 0
      ? { rpcUrls, chainId: registryChain, address: registry, relay }
      : null;
  }

  onChange(listener: SettingsListener): void {
    this.listeners.push(listener);
  }

  replace(settings: Settings): void {
    const before = this.settings;
    this.settings = settings;
    for (const listener of this.listeners) {
      listener(settings, before);
    }
  }
}
