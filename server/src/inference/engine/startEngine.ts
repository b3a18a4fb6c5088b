import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { meaningOf, ProoflineError } from "../../platform/errors";
import { receivedError } from "../../platform/sentError";
import { DEFAULT_PROFILE } from "../../protocol/executionProfile";
import { DEFAULT_PROVIDER } from "../../protocol/executionProvider";
import { DEFAULT_CACHE_MEGABYTES } from "../../protocol/settings";
import type { ExecutionFacts } from "../suggestion";
import { type BusyFlags, end, handOver, newBusyFlags } from "./busyFlags";
import type {
  CompletionOutcome,
  CompletionRequest,
  Engine,
  LikelyRequest,
  ReplayRequest,
  ReplayResult,
  StartEngineParameters,
} from "./engine";
import { describeEnvironment } from "./environment";
import type { FromWorker, ToWorker, WorkerParameters } from "./workerMessages";

/** Longer than a load takes, of a large model on a busy machine, too: whoever gives up earlier has the process aborted. */
const EXIT_PATIENCE_MILLISECONDS = 30_000;

type WorkMessage = Extract<ToWorker, { kind: "complete" | "replay" }>;

/** One request, from the call until its promise is settled. */
interface Work {
  readonly message: WorkMessage;
  /** A later completion interrupts it: an automatic completion for good, a replay until the worker is free again. */
  readonly givesWay: boolean;
  readonly settle: (answer: FromWorker) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Starts the worker thread and resolves once the pinned model is loaded and ready.
 *
 * @throws ProoflineError `model.pin`, `model.file` or `model.load`
 */
export async function startEngine(parameters: StartEngineParameters): Promise<Engine> {
  const busy = newBusyFlags();
  handOver(busy);
  const { modelDirectory, bundlePaths } = parameters;
  const threads = parameters.threads ?? defaultThreads();
  const profile = parameters.profile ?? DEFAULT_PROFILE;
  const workerData: WorkerParameters = {
    modelDirectory,
    threads,
    profile,
    provider: parameters.provider ?? DEFAULT_PROVIDER,
    cacheMegabytes: parameters.cacheMegabytes ?? DEFAULT_CACHE_MEGABYTES,
    busy,
  };
  const worker = new Worker(parameters.workerPath, { workerData });
  const finish = (): void => end(busy, EXIT_PATIENCE_MILLISECONDS);
  process.on("exit", finish);
  worker.once("exit", () => process.off("exit", finish));
  // The library is large: it is hashed here while the worker loads the model there.
  const describing = describeEnvironment({ bundlePaths, profile, threads });
  const [ready, described] = await Promise.allSettled([readyFrom(worker), describing]);
  if (ready.status === "rejected") {
    throw ready.reason;
  }
  if (described.status === "rejected") {
    worker.postMessage({ kind: "dispose" } satisfies ToWorker);
    throw didNotStart(described.reason);
  }
  const { model, executionProvider, fallback, languages } = ready.value;
  const environment = { ...described.value, executionProvider };
  return new WorkerEngine(worker, { model, environment, profile }, { fallback, languages }, busy);
}

/** Waits for the worker's first message. */
async function readyFrom(worker: Worker): Promise<Extract<FromWorker, { kind: "ready" }>> {
  const waiting = new AbortController();
  try {
    const [message]: [FromWorker?] = await Promise.race([
      once(worker, "message", { signal: waiting.signal }) as Promise<[FromWorker]>,
      once(worker, "exit", { signal: waiting.signal }).then((): [] => []),
    ]);
    if (message?.kind === "ready") {
      return message;
    }
    if (message?.kind === "failed") {
      throw receivedError(message.error);
    }
    throw new Error("it ended at once");
  } catch (error) {
    if (error instanceof ProoflineError) {
      throw error;
    }
    throw didNotStart(error);
  } finally {
    waiting.abort();
  }
}

/**
 * Half of the processors (there are often two to a core), but two where there are only two, and never more than four:
 * decoding one sequence gains little from more, and the editor needs some, too. The number does not change a bit of
 * the output.
 */
function defaultThreads(): number {
  const processors = availableParallelism();
  return Math.min(processors, 4, Math.max(2, Math.floor(processors / 2)));
}

/** Sends the worker one request at a time, completions before replays. */
class WorkerEngine implements Engine {
  private readonly worker: Worker;
  private readonly completions: Work[] = [];
  private readonly replays: Work[] = [];
  private running: Work | null = null;
  private stopped: Error | null = null;
  private readonly exit: Promise<void>;

  constructor(
    worker: Worker,
    readonly facts: ExecutionFacts,
    private readonly told: Pick<Engine, "fallback" | "languages">,
    private readonly busy: BusyFlags,
  ) {
    this.worker = worker;
    process.prependListener("exit", this.cancelRunning);
    worker.on("message", (answer: FromWorker) => this.answered(answer));
    worker.on("error", (error) => this.stop(error));
    this.exit = new Promise((resolve) => {
      worker.on("exit", () => {
        process.off("exit", this.cancelRunning);
        this.stop(stopped());
        resolve();
      });
    });
  }

  get fallback(): string | null {
    return this.told.fallback;
  }

  get languages(): readonly string[] | null {
    return this.told.languages;
  }

  complete(request: CompletionRequest, signal?: AbortSignal): Promise<CompletionOutcome> {
    const cancelled: CompletionOutcome = { kind: "nothing", reason: "cancelled", confidence: 0 };
    const over = new AbortController();
    const outcome = new Promise<CompletionOutcome>((resolve, reject) => {
      this.supersede();
      const work: Work = {
        message: { kind: "complete", request, cancelled: newFlag() },
        givesWay: request.trigger === "automatic",
        settle: (answer) => {
          if (answer.kind === "completed") {
            resolve(answer.outcome);
          } else if (answer.kind === "failed") {
            reject(receivedError(answer.error));
          }
        },
        fail: reject,
      };
      this.add(this.completions, work, { signal, over: over.signal }, () => resolve(cancelled));
    });
    return outcome.finally(() => over.abort());
  }

  replay(request: ReplayRequest, signal?: AbortSignal): Promise<ReplayResult> {
    const over = new AbortController();
    const result = new Promise<ReplayResult>((resolve, reject) => {
      const work: Work = {
        message: { kind: "replay", request, cancelled: newFlag() },
        givesWay: true,
        settle: (answer) => {
          if (answer.kind === "failed") {
            reject(receivedError(answer.error));
          } else if (answer.kind !== "replayed") {
            return;
          } else if (answer.result !== null) {
            resolve(answer.result);
          } else if (signal?.aborted) {
            reject(cancelledReplay());
          } else {
            Atomics.store(work.message.cancelled, 0, 0);
            this.replays.unshift(work);
          }
        },
        fail: reject,
      };
      this.add(this.replays, work, { signal, over: over.signal }, () => reject(cancelledReplay()));
    });
    return result.finally(() => over.abort());
  }

  lookUp(texts: readonly string[]): void {
    this.worker.postMessage({ kind: "lookUp", texts } satisfies ToWorker);
  }

  readAhead(likely: LikelyRequest | null): void {
    this.worker.postMessage({ kind: "readAhead", likely } satisfies ToWorker);
  }

  async dispose(): Promise<void> {
    this.cancelRunning();
    this.stop(stopped());
    this.worker.postMessage({ kind: "dispose" } satisfies ToWorker);
    await this.exit;
  }

  private readonly cancelRunning = (): void => {
    if (this.running !== null) {
      cancel(this.running);
    }
  };

  /** Ends what gives way, so that a new completion is next; automatic ones still waiting never start. */
  private supersede(): void {
    if (this.running?.givesWay) {
      cancel(this.running);
    }
    for (const work of this.completions.filter(({ givesWay }) => givesWay)) {
      this.completions.splice(this.completions.indexOf(work), 1);
      work.settle({ kind: "completed", outcome: { kind: "nothing", reason: "cancelled", confidence: 0 } });
    }
  }

  /** @param over aborts once the work has its answer: a signal may outlive many pieces of work, and hears of none for ever */
  private add(
    queue: Work[],
    work: Work,
    { signal, over }: { readonly signal: AbortSignal | undefined; readonly over: AbortSignal },
    onCancelledBeforeStart: () => void,
  ): void {
    if (this.stopped !== null) {
      work.fail(this.stopped);
      return;
    }
    const abort = (): void => {
      cancel(work);
      const index = queue.indexOf(work);
      if (index < 0) {
        return;
      }
      queue.splice(index, 1);
      onCancelledBeforeStart();
    };
    if (signal?.aborted) {
      onCancelledBeforeStart();
      return;
    }
    signal?.addEventListener("abort", abort, { once: true, signal: over });
    queue.push(work);
    this.next();
  }

  private next(): void {
    if (this.running !== null || this.stopped !== null) {
      return;
    }
    const work = this.completions.shift() ?? this.replays.shift();
    if (work === undefined) {
      return;
    }
    this.running = work;
    handOver(this.busy);
    this.worker.postMessage(work.message);
  }

  private answered(answer: FromWorker): void {
    const work = this.running;
    this.running = null;
    work?.settle(answer);
    this.next();
  }

  private stop(error: Error): void {
    if (this.stopped !== null) {
      return;
    }
    this.stopped = error;
    const waiting = [...this.completions.splice(0), ...this.replays.splice(0)];
    for (const work of this.running === null ? waiting : [this.running, ...waiting]) {
      work.fail(error);
    }
    this.running = null;
  }
}

function newFlag(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

function cancel(work: Work): void {
  Atomics.store(work.message.cancelled, 0, 1);
}

function didNotStart(error: unknown): ProoflineError {
  return new ProoflineError(
    "model.load",
    `The inference worker did not start (${meaningOf(error)}).`,
    "reinstall",
    { cause: error },
  );
}

function stopped(): ProoflineError {
  return new ProoflineError("model.load", "The inference worker is not running.", "restartModel");
}

function cancelledReplay(): ProoflineError {
  return new ProoflineError("inference.cancelled", "The replay was cancelled.", "tryAgain");
}
