/** What is compared, and what each side can do: one implementation for each engine, each in a process of its own. */

/** A model on disk, in the layout that one engine reads. */
export interface EngineModel {
  /** A folder with `config.json` and `onnx/model.onnx`, or a GGUF file. */
  readonly path: string;
  /** Tokens that the caches must hold. */
  readonly context: number;
}

/** Milliseconds from the call. */
export interface Timing {
  /** Until the first token was known: the whole prompt was read. */
  readonly first: number;
  /** Until the last token was known. */
  readonly last: number;
  readonly tokens: readonly number[];
}

/** An engine that holds one loaded model. Greedy; end of text is a token like any other, so that counts agree. */
export interface BenchEngine {
  /** Name and version of what runs. */
  readonly version: string;
  /** Reads `ids` from nothing and writes `count` tokens. */
  generate(ids: readonly number[], count: number): Promise<Timing>;
  /** The same as an editor would ask for it: keeps what helps with the next prompt, uses what was kept. */
  suggest(ids: readonly number[], count: number): Promise<Timing>;
  /** Forgets what `suggest` kept. */
  forget(): Promise<void>;
  /**
   * Reads a prompt, then runs a whole answer at once with all its logits, as a replay does; milliseconds of the answer's
   * run. Of our engine alone.
   */
  check?(prompt: readonly number[], answer: readonly number[]): Promise<number>;
  /** Logarithms of the probabilities of the next token after each of `ids`, one row each, where the engine tells. */
  logProbabilities?(ids: readonly number[]): Promise<readonly Float32Array[]>;
}

export type EngineName = "proofline" | "transformers.js" | "llama.cpp";

/** Parent → engine process. */
export type Request =
  | { readonly kind: "generate" | "suggest"; readonly ids: readonly number[]; readonly count: number }
  | { readonly kind: "check"; readonly prompt: readonly number[]; readonly answer: readonly number[] }
  | { readonly kind: "forget" }
  | { readonly kind: "logProbabilities"; readonly ids: readonly number[] };

/** Engine process → parent: one `ready`, then one answer to each request. */
export type Answer =
  | { readonly kind: "ready"; readonly version: string }
  | { readonly kind: "timing"; readonly timing: Timing }
  /** `null` for an engine that cannot. */
  | { readonly kind: "checked"; readonly milliseconds: number | null }
  | { readonly kind: "rows"; readonly rows: readonly (readonly number[])[] }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: string };

/** How an engine process is told what to run: its only argument, as JSON. */
export interface EngineParameters {
  readonly engine: EngineName;
  readonly model: EngineModel;
  readonly threads: number;
  /** Where the peers are installed. */
  readonly packages: string;
}
