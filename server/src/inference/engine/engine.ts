import type { Tolerance } from "../../models/pin/tolerance";
import type { ExecutionProfile } from "../../protocol/executionProfile";
import type { ExecutionProvider } from "../../protocol/executionProvider";
import type { ExecutionFacts, ModelOutput, Prompt } from "../suggestion";

/** What asks for a suggestion: typing (ends where the model doubts), or a person or program (never gated). */
export type Trigger = "automatic" | "explicit";

/** The text around the cursor, uncut; the engine cuts it to the model's context. Lines end with LF. */
export interface CompletionRequest {
  /** How the prompt names the file: a path below the repository's top, or `null`. */
  readonly path: string | null;
  readonly prefix: string;
  readonly suffix: string;
  readonly context: Prompt["context"];
  readonly trigger: Trigger;
  /** `auto`: multi-line where the cursor opens a block; `line`: never past the end of the line. */
  readonly extent: "auto" | "line";
  readonly maxTokens: number;
  /**
   * How soon the answer is wanted. The prompt is cut to what can be read until then, on this machine, and to no less
   * than 192 tokens. Without it, it is as long as the model can hold.
   */
  readonly withinMilliseconds?: number;
}

/** Where a request is likely to come from, and how long its prompt may be. */
export type LikelyRequest = Pick<
  CompletionRequest,
  "path" | "prefix" | "suffix" | "context" | "maxTokens" | "withinMilliseconds"
>;

/** One model answer, with everything that evidence needs. Its displayed text is never empty. */
export interface Completion extends Readonly<ModelOutput> {
  readonly profile: ExecutionProfile;
  /** Joint probability of the tokens that reach the displayed text, from 0 to 1. */
  readonly confidence: number;
  readonly promptTokens: number;
  readonly milliseconds: number;
}

/** Why nothing is offered. Each has a sentence in `describeNothing`. */
export type NothingReason = "empty" | "repetition" | "lowConfidence" | "harm" | "cut" | "cancelled";

/** The sentence that is shown to a person who asked. */
export function describeNothing(reason: NothingReason): string {
  switch (reason) {
    case "empty":
      return "The model has nothing to add that is not there already.";
    case "repetition":
      return "The model only repeated itself.";
    case "lowConfidence":
      return "The model was not confident enough.";
    case "harm":
      return "What the model wrote would leave brackets, quotes or comments around the cursor without their other half.";
    case "cut":
      return "The model had more to say than a suggestion may be long.";
    case "cancelled":
      return "The request was cancelled.";
  }
}

export type CompletionOutcome =
  | { readonly kind: "completion"; readonly completion: Completion }
  | { readonly kind: "nothing"; readonly reason: NothingReason; readonly confidence: number };

/** What a replay is given: what the model is claimed to have answered, and under which profile. */
export interface ReplayRequest extends Readonly<ModelOutput> {
  readonly profile: ExecutionProfile;
}

/**
 * The outcome of running the claimed tokens through the pinned model in one pass, under the profile of the claim.
 *
 * `exact`: every token is the model's first choice under the decoder's rules. `withinTolerance`: some are not, no
 * more and by no more than the tolerance says. Both also require that the stop reason, `raw`, `displayed` and `seed`
 * follow from tokens and prompt; otherwise, or beyond the tolerance, `mismatch`.
 */
export interface ReplayResult {
  readonly value: "exact" | "withinTolerance" | "mismatch";
  readonly tokens: number;
  /** How many of them were found to be the first choice; after a mismatch none is looked at. */
  readonly exact: number;
  /** Largest logit by which a claimed token stood behind the first choice. */
  readonly margin: number;
  /** What would have been forgiven. */
  readonly tolerance: Tolerance;
  /** A sentence that says what contradicted, only for `mismatch`. */
  readonly reason?: string;
}

/** A pinned model, loaded and ready, in a worker thread. */
export interface Engine {
  readonly facts: ExecutionFacts;
  /** A sentence that says why another execution provider runs than the one asked for; `null` where none does. */
  readonly fallback: string | null;
  /** What the pin says the model was made for, by the editor's identifiers; `null` where it says nothing. */
  readonly languages: readonly string[] | null;
  /** A later request supersedes an earlier automatic one, which then ends within one token. */
  complete(request: CompletionRequest, signal?: AbortSignal): Promise<CompletionOutcome>;
  /**
   * Texts in which to look up what probably comes next, the most likely one last; they replace earlier ones. They are
   * read while the model is otherwise idle, and make answers faster, never different.
   */
  lookUp(texts: readonly string[]): void;
  /**
   * Reads the prompts of a request that is likely to come, shorter ones first, while nobody asks for anything; the last
   * place that was told is the one that is read. It never takes more than its share of one core, and ends within a frame
   * of the screen when somebody asks. `null`: nothing is read, until a place is told again.
   */
  readAhead(likely: LikelyRequest | null): void;
  /** Gives way to completions: it waits while one runs and is interrupted between tokens' chunks by a new one. */
  replay(request: ReplayRequest, signal?: AbortSignal): Promise<ReplayResult>;
  dispose(): Promise<void>;
}

export interface StartEngineParameters {
  /** The model folder: a pin (`pin.json`) and the files it names. */
  readonly modelDirectory: string;
  /** The bundle of `worker.ts`. */
  readonly workerPath: string;
  /** Bundles whose bytes the environment's `serverDigest` covers. */
  readonly bundlePaths: readonly string[];
  readonly threads?: number;
  /** Memory for what was read of several prompts, in MB (10^6 bytes); one prompt is kept whatever it takes. */
  readonly cacheMegabytes?: number;
  /** What suggestions are made with. A replay runs under the profile of its claim, whatever this is. */
  readonly profile?: ExecutionProfile;
  /** Under `native/v1`; where it cannot be used, the processor runs the model and `fallback` says why. */
  readonly provider?: ExecutionProvider;
}
