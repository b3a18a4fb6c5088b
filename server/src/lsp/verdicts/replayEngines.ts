import type { Engine } from "../../inference/engine/engine";
import type { Digest } from "../../platform/primitives";
import type { ReplayOutcome } from "../../policy/verifyEvidence";
import { notInstalled, type Replayable } from "../../workflows/replay";
import type { EngineHost } from "../models/engineHost";
import type { SettingsStore } from "../settingsStore";

/** An engine that replays alone use is let go after this long without one. */
const IDLE_MILLISECONDS = 30_000;

/** Why a suggestion is not replayed, for now or for good. */
export type ReplayRefusal = Extract<ReplayOutcome, { readonly value: "notRun" | "impossible" }>;

/**
 * The engines that replays run on: the one that makes suggestions for its own pin, and one more at a time for another
 * installed pin, or while suggestions are turned off. A pin that nobody approved on this machine gets none, whatever
 * the evidence asks for.
 */
export class ReplayEngines {
  private own: { readonly pin: Digest; readonly engine: Promise<Engine> } | null = null;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: SettingsStore,
    private readonly host: EngineHost,
    /** The folder of an installed pin's model, or `null`. */
    private readonly modelOf: (pin: Digest) => string | null,
  ) {
    settings.onChange(({ trusted }) => {
      if (!trusted) {
        void this.release();
      }
    });
  }

  /** Whether a replay under a pin needs no other engine than those that run. */
  runs(pin: Digest): boolean {
    return this.host.engine?.facts.model.manifestDigest === pin || this.own?.pin === pin;
  }

  /** Why there is no engine for a suggestion's pin, or `null` where there is one or can be. */
  refusalOf(suggestion: Pick<Replayable, "model">): ReplayRefusal | null {
    const pin = suggestion.model.manifestDigest;
    if (!this.settings.current.trusted) {
      return { value: "notRun", reason: "The workspace is not trusted, so no model is loaded." };
    }
    if (this.runs(pin)) {
      return null;
    }
    const directory = this.modelOf(pin);
    if (directory === null) {
      return { value: "impossible", reason: notInstalled(suggestion) };
    }
    const { state } = this.host;
    return state.kind === "failed" && directory === this.host.modelDirectory
      ? { value: "notRun", reason: state.reason }
      : null;
  }

  /**
   * The engine for a suggestion's pin, or why there is none.
   *
   * @throws ProoflineError as `startEngine` does
   */
  async for(suggestion: Pick<Replayable, "model">): Promise<Engine | ReplayRefusal> {
    clearTimeout(this.idleTimer);
    const pin = suggestion.model.manifestDigest;
    const loaded = await this.host.settled();
    if (loaded?.facts.model.manifestDigest === pin) {
      return loaded;
    }
    const refusal = this.refusalOf(suggestion);
    const directory = this.modelOf(pin);
    if (refusal !== null || directory === null) {
      return refusal ?? { value: "impossible", reason: notInstalled(suggestion) };
    }
    if (this.own?.pin !== pin) {
      await this.release();
      this.own = { pin, engine: this.host.startOther(directory) };
    }
    try {
      return await this.own.engine;
    } catch (error) {
      this.own = null;
      throw error;
    }
  }

  /** Says that no replay is wanted for now. */
  rest(): void {
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => void this.release(), IDLE_MILLISECONDS).unref();
  }

  /** Lets the engine that replays alone use go. */
  async release(): Promise<void> {
    clearTimeout(this.idleTimer);
    const { own } = this;
    this.own = null;
    const engine = await own?.engine.catch(() => null);
    await engine?.dispose();
  }
}
