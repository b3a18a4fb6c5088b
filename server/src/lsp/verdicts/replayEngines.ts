import type { Engine } from "../../inference/engine/engine";
import type { Digest } from "../../platform/primitives";
import { SerialQueue } from "../../platform/serialQueue";
import type { ReplayOutcome } from "../../policy/verifyParameters";
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
  private readonly queue = new SerialQueue();
  private ended = false;

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

  /** Lets the engine go, and starts none again. */
  async close(): Promise<void> {
    this.ended = true;
    await this.release();
  }

  /** Why there is no engine for a suggestion's pin, or `null` where there is one or can be. */
  refusalOf(suggestion: Pick<Replayable, "model">): ReplayRefusal | null {
    const pin = suggestion.model.manifestDigest;
    if (this.ended) {
      return { value: "notRun", reason: "The language server is stopping." };
    }
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
   * Does some work with the engine for a suggestion's pin, or says why there is none. Works that need an engine of
   * their own wait for each other, so that no pin is loaded twice and none loses its engine to another.
   *
   * @throws ProoflineError as `startEngine` and the work do
   */
  async use<Result>(
    suggestion: Pick<Replayable, "model">,
    work: (engine: Engine) => Promise<Result>,
  ): Promise<Result | ReplayRefusal> {
    const loaded = await this.host.settled();
    if (loaded?.facts.model.manifestDigest === suggestion.model.manifestDigest) {
      return work(loaded);
    }
    return this.queue.run(async () => {
      clearTimeout(this.idleTimer);
      try {
        const engine = await this.ownFor(suggestion);
        return "value" in engine ? engine : await work(engine);
      } finally {
        this.idleTimer = setTimeout(() => void this.release(), IDLE_MILLISECONDS).unref();
      }
    });
  }

  private async ownFor(suggestion: Pick<Replayable, "model">): Promise<Engine | ReplayRefusal> {
    const pin = suggestion.model.manifestDigest;
    if (this.own !== null && this.own.pin !== pin) {
      await this.release();
    }
    const refusal = this.refusalOf(suggestion);
    const directory = this.modelOf(pin);
    if (refusal !== null || directory === null) {
      return refusal ?? { value: "impossible", reason: notInstalled(suggestion) };
    }
    this.own ??= { pin, engine: this.host.startOther(directory) };
    try {
      return await this.own.engine;
    } catch (error) {
      this.own = null;
      throw error;
    }
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
