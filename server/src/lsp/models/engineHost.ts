import type { Engine } from "../../inference/engine/engine";
import { startEngine } from "../../inference/engine/startEngine";
import { messageOf, ProoflineError } from "../../platform/errors";
import { SerialQueue } from "../../platform/serialQueue";
import type { ModelState } from "../../protocol/messages";
import type { Installation } from "../../workflows/installation";
import { EDITOR_REMEDIES } from "../editorRemedies";
import type { SettingsStore } from "../settingsStore";

/** An engine that crashes without an answer between is started again this often before a person has to ask for it. */
const MAX_RESTARTS = 3;

/**
 * Keeps the pinned model loaded: starts it, starts it again after a crash, lets it go when nobody may use it. A model
 * whose bytes differ from its pin never becomes an engine, and `state` says why.
 */
export class EngineHost {
  private current: ModelState = { kind: "loading" };
  private running: Engine | null = null;
  private readonly loads = new SerialQueue();
  private restarts = 0;
  /** The folder that the person chose; `undefined` while that is not known, or cannot be kept. */
  private chosen: string | null | undefined;
  private readonly listeners: ((state: ModelState) => void)[] = [];

  constructor(
    private readonly settings: SettingsStore,
    private readonly installation: Installation,
    private readonly log: (line: string) => void,
    /** The folder of the model that the person chose for this workspace, or `null`. */
    private readonly choice: () => Promise<string | null>,
  ) {
    settings.onChange((now, before) => {
      const same =
        now.modelPath === before.modelPath &&
        now.executionProfile === before.executionProfile &&
        now.executionProvider === before.executionProvider &&
        now.cacheMegabytes === before.cacheMegabytes &&
        now.enabled === before.enabled &&
        now.trusted === before.trusted;
      if (!same) {
        void this.restart();
      }
    });
  }

  get state(): ModelState {
    return this.current;
  }

  /** The loaded model, or `null`; `state` says why. */
  get engine(): Engine | null {
    return this.running;
  }

  /** A person's choice for the workspace goes before the setting, which is for all of them. */
  get modelDirectory(): string {
    return this.chosen ?? this.settings.current.modelPath ?? this.installation.modelDirectory;
  }

  onChange(listener: (state: ModelState) => void): void {
    this.listeners.push(listener);
  }

  /** Loads the model afresh. Resolves when it is ready, or cannot be. */
  restart(): Promise<void> {
    this.restarts = 0;
    return this.load();
  }

  /** Looks at the choice again, and loads afresh where it is another. */
  async reconsider(): Promise<void> {
    await this.loads.idle();
    // A choice that cannot be kept is told by the load.
    const choice = await this.choice().catch(() => undefined);
    if (choice !== this.chosen) {
      await this.restart();
    }
  }

  /** Starts an engine for another model, under the same settings; whoever asked for it lets it go. */
  startOther(modelDirectory: string): Promise<Engine> {
    return startEngine({
      modelDirectory,
      workerPath: this.installation.inferenceWorker,
      bundlePaths: this.installation.bundles,
      profile: this.settings.current.executionProfile,
      provider: this.settings.current.executionProvider,
      cacheMegabytes: this.settings.current.cacheMegabytes,
    });
  }

  /** Waits for a load that is under way, and for those that were asked for meanwhile. */
  async settled(): Promise<Engine | null> {
    await this.loads.idle();
    return this.running;
  }

  /** Tells the host that the engine answered: what it crashed before no longer counts. */
  succeeded(): void {
    this.restarts = 0;
  }

  /** Tells the host that a call into the engine was rejected for a reason that no caller asked for. */
  failed(engine: Engine, error: unknown): void {
    if (engine !== this.running) {
      return;
    }
    // Anything else that a person can act on is about one request, not about the engine.
    if (error instanceof ProoflineError && error.code !== "model.load") {
      return;
    }
    this.log(`The engine failed: ${messageOf(error)}`);
    this.restarts += 1;
    if (this.restarts <= MAX_RESTARTS) {
      void this.load();
    } else {
      void this.release();
      this.become({
        kind: "failed",
        reason: `The model stopped working (${messageOf(error)}).`,
        remedy: "Restart it with Proofline: Restart, and look into the log if it happens again.",
      });
    }
  }

  async dispose(): Promise<void> {
    await this.loads.idle();
    await this.release();
  }

  private load(): Promise<void> {
    return this.loads.run(async () => {
      await this.release();
      const { enabled, trusted } = this.settings.current;
      if (!trusted) {
        return this.become({ kind: "off", reason: "The workspace is not trusted." });
      }
      if (!enabled) {
        return this.become({ kind: "off", reason: "Suggestions are turned off in the settings." });
      }
      this.become({ kind: "loading" });
      await this.start();
    });
  }

  private async start(): Promise<void> {
    try {
      this.chosen = undefined;
      this.chosen = await this.choice();
      this.running = await this.startOther(this.modelDirectory);
      const { facts, fallback } = this.running;
      const { name, manifestDigest } = facts.model;
      if (fallback !== null) {
        this.log(fallback);
      }
      this.become({ kind: "ready", name, manifestDigest, ...(fallback !== null && { notice: fallback }) });
    } catch (error) {
      this.log(`The model was not loaded: ${messageOf(error)}`);
      this.become(
        error instanceof ProoflineError
          ? { kind: "failed", reason: error.reason, remedy: EDITOR_REMEDIES[error.remedy] }
          : {
              kind: "failed",
              reason: `The model could not be loaded (${messageOf(error)}).`,
              remedy: "Look into the log, then restart with Proofline: Restart.",
            },
      );
    }
  }

  private async release(): Promise<void> {
    const engine = this.running;
    this.running = null;
    try {
      await engine?.dispose();
    } catch (error) {
      this.log(`The engine did not end well: ${messageOf(error)}`);
    }
  }

  private become(state: ModelState): void {
    this.current = state;
    for (const listener of this.listeners) {
      listener(state);
    }
  }
}
