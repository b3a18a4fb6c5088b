import type {
  CompletionOutcome,
  CompletionRequest,
  Engine,
  LikelyRequest,
  StartEngineParameters,
} from "../../inference/engine/engine";
import { startEngine } from "../../inference/engine/startEngine";
import type { Offered, Provider } from "../provider";

type LocalOutcome =
  | { readonly kind: "offered"; readonly offered: Extract<Offered, { kind: "replayable" }> }
  | Extract<CompletionOutcome, { kind: "nothing" }>;

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

  get notice(): string | null {
    return this.engine.fallback;
  }

  get languages(): readonly string[] | null {
    return this.engine.languages;
  }

  async suggest(request: CompletionRequest, signal?: AbortSignal): Promise<LocalOutcome> {
    const outcome = await this.engine.complete(request, signal);
    return outcome.kind === "nothing"
      ? outcome
      : {
          kind: "offered",
          offered: { kind: "replayable", facts: this.engine.facts, output: outcome.completion },
        };
  }

  prepare(texts: readonly string[]): void {
    this.engine.lookUp(texts);
  }

  readAhead(likely: LikelyRequest | null): void {
    this.engine.readAhead(likely);
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}
