import type { SentError } from "../../platform/sentError";
import type { ExecutionProfile } from "../../protocol/executionProfile";
import type { ExecutionProvider } from "../../protocol/executionProvider";
import type { Environment, ExecutionFacts } from "../suggestion";
import type { BusyFlags } from "./busyFlags";
import type {
  CompletionOutcome,
  CompletionRequest,
  LikelyRequest,
  ReplayRequest,
  ReplayResult,
} from "./engine";

/** `workerData` of the inference worker. */
export interface WorkerParameters {
  readonly modelDirectory: string;
  readonly threads: number;
  readonly profile: ExecutionProfile;
  readonly provider: ExecutionProvider;
  /** Memory that the caches of all sequences together may hold, in MB (10^6 bytes). */
  readonly cacheMegabytes: number;
  readonly busy: BusyFlags;
}

/**
 * A shared flag: one 32-bit integer, not 0 once the work is no longer wanted. A message would only be read between
 * two runs of the graph if the runtime let the event loop turn there; shared memory needs no such favour.
 */
export type CancelFlag = Int32Array;

/** Thread → worker. At most one `complete` or `replay` is under way. */
export type ToWorker =
  | { readonly kind: "complete"; readonly request: CompletionRequest; readonly cancelled: CancelFlag }
  | { readonly kind: "replay"; readonly request: ReplayRequest; readonly cancelled: CancelFlag }
  /** Not answered. */
  | { readonly kind: "lookUp"; readonly texts: readonly string[] }
  /** Not answered. */
  | { readonly kind: "readAhead"; readonly likely: LikelyRequest | null }
  | { readonly kind: "dispose" };

/** Worker → thread: one `ready` or `failed` first, then one answer to each request. */
export type FromWorker =
  | {
      readonly kind: "ready";
      readonly model: ExecutionFacts["model"];
      readonly executionProvider: Environment["executionProvider"];
      readonly fallback: string | null;
      readonly languages: readonly string[] | null;
    }
  | { readonly kind: "completed"; readonly outcome: CompletionOutcome }
  /** `null`: interrupted. */
  | { readonly kind: "replayed"; readonly result: ReplayResult | null }
  | { readonly kind: "failed"; readonly error: SentError };
