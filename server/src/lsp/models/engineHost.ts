import type { Engine, StartEngineParameters } from "../../inference/engine/engine";
import { startEngine } from "../../inference/engine/startEngine";
import type { ExecutionFacts } from "../../inference/suggestion";
import { meaningOf, messageOf, ProoflineError } from "../../platform/errors";
import { SerialQueue } from "../../platform/serialQueue";
import type { ModelState } from "../../protocol/messages";
import { LocalProvider } from "../../providers/local/localProvider";
import type { Provider } from "../../providers/provider";
import type { Installation } from "../../workflows/installation";
import type { LocalSource } from "../completion/documentProviders";
import { EDITOR_REMEDIES } from "../editorRemedies";
import type { SettingsStore } from "../settingsStore";

/** An engine that crashes without an answer between is started again this often before a person has to ask for it. */
const MAX_RESTARTS = 3;

/**
 * Keeps the pinned model loaded: starts it, starts it again after a crash, lets it go when nobody may use it. A model
 * whose bytes differ from its pin never becomes an engine, and `state` says why.
 */
export class EngineHost implements LocalSource {
  readonly offers = "replayable";
  readonly unasked = { refusal: () => null, leastPauseMilliseconds: 0, ahead: true };
  private current: ModelState = { kind: "loading" };
  private running: LocalProvider | null = null;
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

  get provider(): Provider | null {
    return this.running;
  }

  /** The loaded model's engine, or `null`; `state` says why. */
  get engine(): Engine | null {
    return this.running?.engine ?? null;
  }

  get runs(): ExecutionFacts | null {
    return this.engine?.facts ?? null;
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

  /** Starts an engine for a replay, under the same settings; whoever asked for it lets it go. */
  startOther(modelDirectory: string): Promise<Engine> {
    return startEngine(this.parametersFor(modelDirectory));
  }

  /** Waits for a load that is under way, and for those that were asked for meanwhile. */
  async settled(): Promise<Engine | null> {
    await this.loads.idle();
    return this.engine;
  }

  async ready(): Promise<Provider | null> {
    await this.loads.idle();
    return this.running;
  }

  succeeded(): void {
    this.restarts = 0;
  }

  failed(provider: Provider, error: unknown): void {
    if (provider !== this.running) {
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
        reason: `The model stopped working (${meaningOf(error)}).`,
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
      this.running = await LocalProvider.start(this.parametersFor(this.modelDirectory));
      const { engine, notice, languages } = this.running;
      const { name, manifestDigest } = engine.facts.model;
      if (notice !== null) {
        this.log(notice);
      }
      this.become({ kind: "ready", name, manifestDigest, languages, ...(notice !== null && { notice }) });
    } catch (error) {
      this.log(`The model was not loaded: ${messageOf(error)}`);
      this.become(
        error instanceof ProoflineError
          ? { kind: "failed", reason: error.reason, remedy: EDITOR_REMEDIES[error.remedy] }
          : {
              kind: "failed",
              reason: `The model could not be loaded (${meaningOf(error)}).`,
              remedy: "Look into the log, then restart with Proofline: Restart.",
            },
      );
    }
  }

  private async release(): Promise<void> {
    const provider = this.running;
    this.running = null;
    try {
      await provider?.dispose();
    } catch (error) {
      this.log(`The engine did not end well: ${messageOf(error)}`);
    }
  }

  private parametersFor(modelDirectory: string): StartEngineParameters {
    const { executionProfile, executionProvider, cacheMegabytes } = this.settings.current;
    return {
      modelDirectory,
      workerPath: this.installation.inferenceWorker,
      bundlePaths: this.installation.bundles,
      profile: executionProfile,
      provider: executionProvider,
      cacheMegabytes,
    };
  }

  private become(state: ModelState): void {
    this.current = state;
    for (const listener of this.listeners) {
      listener(state);
    }
  }
}
