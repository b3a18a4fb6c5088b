import { setImmediate, setTimeout } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { ProoflineError, unreachable } from "../../platform/errors";
import { sentError } from "../../platform/sentError";
import { SerialQueue } from "../../platform/serialQueue";
import type { ExecutionProfile } from "../../protocol/executionProfile";
import { LookupIntake } from "../decode/lookupIntake";
import { PromptLookup } from "../decode/promptLookup";
import { rowsStandAlone } from "../graph/batchInvariance";
import { Sequence } from "../graph/sequence";
import { SequencePool } from "../graph/sequencePool";
import { replay } from "../replay/replayTokens";
import { done, unlessEnding } from "./busyFlags";
import { complete } from "./complete";
import { LatencyBudget } from "./latencyBudget";
import { loadModel, type Model } from "./loadedModel";
import { ReadAhead } from "./readAhead";
import { timePace } from "./timePace";
import type { CancelFlag, FromWorker, ToWorker, WorkerParameters } from "./workerMessages";

/** The inference worker: loads the pinned model, then answers one request at a time. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) {
    throw new Error("the inference worker runs as a worker thread only");
  }
  const parameters: WorkerParameters = workerData;
  const answer = (message: FromWorker): void => {
    // Before the answer goes: the other side may hand out the next work as soon as it has it.
    done(parameters.busy);
    port.postMessage(message);
  };
  const { modelDirectory, threads, profile, provider } = parameters;
  /** By profile: a replay runs under the profile of its claim, which may be another than the one in use. */
  const models = new Map<ExecutionProfile, Model>();
  const modelFor = async (wanted: ExecutionProfile): Promise<Model> => {
    const loaded = models.get(wanted);
    if (loaded !== undefined) {
      return loaded;
    }
    const loading = await loadModel(modelDirectory, threads, wanted, provider);
    models.set(wanted, loading);
    return loading;
  };
  let model: Model;
  let sequences: SequencePool;
  /** `null` where a draft could change an answer. */
  let lookup: PromptLookup | null;
  /** What the drafter looks up, taken in between requests. */
  let lookUps: LookupIntake | null = null;
  let budget: LatencyBudget;
  let readAhead: ReadAhead;
  /** What replays have read. Never a sequence of completions, which a replay must not take anything from. */
  let replayed: Sequence | null = null;
  try {
    model = await modelFor(profile);
    sequences = new SequencePool(model.graph, parameters.cacheMegabytes * 1e6);
    // The first runs allocate and pack, too; nobody should wait for that at the first key.
    lookup = (await rowsStandAlone(model.graph)) ? new PromptLookup() : null;
    if (lookup !== null) {
      lookUps = new LookupIntake(model.tokenizer, lookup);
    }
    budget = new LatencyBudget(model.graph.pace);
    await timePace(model.graph, budget);
    readAhead = new ReadAhead(model, sequences, budget, threads);
    const { name, omsRoot, languages = null } = model.manifest;
    answer({
      kind: "ready",
      model: { name, omsRoot, manifestDigest: model.manifestDigest },
      executionProvider: model.graph.provider,
      fallback: model.graph.fallback,
      languages,
    });
  } catch (error) {
    answer({ kind: "failed", error: sentError(error) });
    port.close();
    return;
  }

  const handle = async (message: ToWorker): Promise<void> => {
    try {
      switch (message.kind) {
        case "complete": {
          const { request, cancelled } = message;
          const outcome = await complete(model, sequences, request, isSet(cancelled), { lookup, budget });
          answer({ kind: "completed", outcome });
          break;
        }
        case "replay": {
          const { request, cancelled } = message;
          const claimed = await modelFor(request.profile);
          if (replayed?.graph !== claimed.graph) {
            replayed = new Sequence(claimed.graph);
          }
          answer({ kind: "replayed", result: await replay(claimed, replayed, request, isSet(cancelled)) });
          break;
        }
        case "lookUp":
          lookUps?.replace(message.texts);
          break;
        case "readAhead":
          readAhead.replace(message.likely);
          break;
        case "dispose":
          lookUps = null;
          readAhead.replace(null);
          for (const { graph } of models.values()) {
            await graph.release();
          }
          port.close();
          break;
        default:
          unreachable(message);
      }
    } catch (error) {
      // A cache may be torn.
      sequences.clear();
      readAhead.replace(null);
      replayed = null;
      answer({ kind: "failed", error: sentError(error) });
    }
  };
  // One after the other: a session that is being released must not be running.
  const queue = new SerialQueue();
  let isIdling = false;
  const whileIdle = async (): Promise<void> => {
    if (isIdling) {
      return;
    }
    isIdling = true;
    while (queue.isIdle) {
      if (lookUps?.step()) {
        // Each turn of the event loop lets a message in.
        await setImmediate();
        continue;
      }
      const rest = await queue.run(readSlice);
      if (rest === null) {
        break;
      }
      // Nobody waits for this thread to rest when it is to end.
      await setTimeout(rest, undefined, { ref: false });
    }
    isIdling = false;
  };
  /** Whatever fails here fails again for whoever asks. */
  const readSlice = (): Promise<number | null> =>
    unlessEnding(parameters.busy, () => readAhead.step()).catch((error: unknown) => {
      readAhead.replace(null);
      if (!(error instanceof ProoflineError)) {
        // A cache may be torn.
        sequences.clear();
      }
      return null;
    });
  port.on("message", (message: ToWorker) => {
    void queue.run(() => handle(message)).then(whileIdle);
  });
}

function isSet(flag: CancelFlag): () => boolean {
  return () => Atomics.load(flag, 0) !== 0;
}

void main();
