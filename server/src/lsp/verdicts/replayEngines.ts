import type { Engine } from "../../inference/engine/engine";
import type { Digest } from "../../platform/primitives";
import type { EngineHost } from "../models/engineHost";

/** An engine for another pin is let go after this long without a replay. */
const IDLE_MILLISECONDS = 30_000;

/**
 * The engines that replays run on: the loaded one for its own pin, and one more at a time for another installed pin. A
 * pin that nobody approved on this machine gets none, whatever the evidence asks for.
 */
export class ReplayEngines {
  private other: { readonly pin: Digest; readonly engine: Promise<Engine> } | null = null;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: EngineHost,
    /** The folder of an installed pin's model, or `null`. */
    private readonly modelOf: (pin: Digest) => string | null,
  ) {}

  /** Whether a replay under a pin needs no other engine than those that run. */
  runs(pin: Digest): boolean {
    return this.host.engine?.facts.model.manifestDigest === pin || this.other?.pin === pin;
  }

  isInstalled(pin: Digest): boolean {
    return this.runs(pin) || this.modelOf(pin) !== null;
  }

  /**
   * The engine for a pin; `null` while no model may be loaded at all, or where the pin is not installed.
   *
   * @throws ProoflineError as `startEngine` does
   */
  async for(pin: Digest): Promise<Engine | null> {
    clearTimeout(this.idleTimer);
    const loaded = await this.host.settled();
    if (loaded === null || loaded.facts.model.manifestDigest === pin) {
      return loaded;
    }
    const directory = this.modelOf(pin);
    if (directory === null) {
      return null;
    }
    if (this.other?.pin !== pin) {
      await this.release();
      this.other = { pin, engine: this.host.startOther(directory) };
    }
    try {
      return await this.other.engine;
    } catch (error) {
      this.other = null;
      throw error;
    }
  }

  /** Says that no replay is wanted for now. */
  rest(): void {
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => void this.release(), IDLE_MILLISECONDS).unref();
  }

  /** Lets the engine for another pin go. */
  async release(): Promise<void> {
    clearTimeout(this.idleTimer);
    const { other } = this;
    this.other = null;
    const engine = await other?.engine.catch(() => null);
    await engine?.dispose();
  }
}
