import type {
  CompletionOutcome,
  CompletionRequest,
  Engine,
  StartEngineParameters,
} from "../../inference/engine/engine";
import { startEngine } from "../../inference/engine/startEngine";
import type { ExecutionFacts } from "../../inference/suggestion";
import type { Provider } from "../provider";

/** Suggestions of pinned weights that run in a worker on this machine, so that anybody can replay them. */
export class LocalProvider implements Provider {
  readonly kind = "local";

  private constructor(
    /** The engine behind it, which can also replay. */
    readonly engine: Engine,
  ) {}

  /** @throws ProoflineError as `startEngine` does */
  static async start(parameters: StartEngineParameters): Promise<LocalProvider> {
    return new LocalProvider(await startEngine(parameters));
  }

  get facts(): ExecutionFacts {
    return this.engine.facts;
  }

  get notice(): string | null {
    return this.engine.fallback;
  }

  get languages(): readonly string[] | null {
    return this.engine.languages;
  }

  suggest(request: CompletionRequest, signal?: AbortSignal): Promise<CompletionOutcome> {
    return this.engine.complete(request, signal);
  }

  prepare(texts: readonly string[]): void {
    this.engine.lookUp(texts);
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}
