/**
 * `npm run bench -- --latency [--slow]`: from request to suggestion, as an editor asks while somebody types: with the
 * longest prompt, with one that is cut to the time that there is, and after the cursor has rested.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { CompletionRequest, Engine } from "../../server/src/inference/engine/engine";
import { startEngine } from "../../server/src/inference/engine/startEngine";
import { DEFAULT_SETTINGS } from "../../server/src/protocol/settings";
import { installationOf } from "../../server/src/workflows/installation";
import { ROOT } from "../support/languageClient";
import { type MidLinePlace, midLinePlaces } from "./midLinePlaces";
import { row, Samples, timed } from "./samples";

const PLACES = 24;
const RESTS = [250, 1000, 3000] as const;

interface Place extends MidLinePlace {
  readonly path: string;
}

export async function benchLatency(budget = DEFAULT_SETTINGS.latencyMilliseconds): Promise<void> {
  const { modelDirectory, inferenceWorker, bundles } = installationOf(join(ROOT, "dist"));
  const engine = await startEngine({
    modelDirectory,
    workerPath: inferenceWorker,
    bundlePaths: bundles,
  });
  try {
    await typing(engine, null, places(0));
    await typing(engine, budget, places(1));
    for (const [index, rest] of RESTS.entries()) {
      await afterRest(engine, budget, rest, places(2 + index));
    }
  } finally {
    await engine.dispose();
  }
}

/** The first suggestion at a place, and the ones after the next keys. */
async function typing(engine: Engine, budget: number | null, places: readonly Place[]): Promise<void> {
  const [first, next, prompts] = [new Samples(), new Samples(), new Samples()];
  for (const place of places) {
    await ask(engine, requestAt(place, "", budget), first, prompts);
    await ask(engine, requestAt(place, place.typed, budget), next);
  }
  const name = budget === null ? "the longest prompt" : `a prompt within ${budget} ms`;
  row(`${name}, first suggestion`, first.describe("ms", 0));
  row("  tokens of prompt", prompts.describe("", 0));
  row("  one more key", next.describe("ms", 0));
}

/** The first suggestion at a place where the cursor rested, and what reading there took of a core meanwhile. */
async function afterRest(
  engine: Engine,
  budget: number,
  milliseconds: number,
  places: readonly Place[],
): Promise<void> {
  const [first, prompts, share] = [new Samples(), new Samples(), new Samples()];
  for (const place of places) {
    const request = requestAt(place, "", budget);
    const [began, before] = [performance.now(), process.cpuUsage()];
    engine.readAhead(request);
    await setTimeout(milliseconds);
    const { user, system } = process.cpuUsage(before);
    share.add((user + system) / 10 / (performance.now() - began));
    await ask(engine, request, first, prompts);
  }
  row(`after a rest of ${milliseconds} ms, first suggestion`, first.describe("ms", 0));
  row("  tokens of prompt", prompts.describe("", 0));
  row("  of one core, while it rested", share.describe("%", 0));
}

/** @param prompts tokens of each prompt that was answered with something */
async function ask(
  engine: Engine,
  request: CompletionRequest,
  times: Samples,
  prompts?: Samples,
): Promise<void> {
  const outcome = await timed(times, () => engine.complete(request));
  if (outcome.kind === "completion") {
    prompts?.add(outcome.completion.promptTokens);
  }
}

function requestAt({ path, before, after }: Place, typed: string, budget: number | null): CompletionRequest {
  return {
    path,
    prefix: before + typed,
    suffix: after,
    context: [],
    trigger: "automatic",
    extent: "auto",
    maxTokens: DEFAULT_SETTINGS.maxTokens,
    ...(budget === null ? {} : { withinMilliseconds: budget }),
  };
}

/** The same places under another name for each kind of measurement, so that none was read before. */
function places(kind: number): Place[] {
  return midLinePlaces(PLACES, 1 / 3).map((place) => ({ path: `part${kind}/repository.ts`, ...place }));
}
