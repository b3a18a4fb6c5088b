/**
 * `npm run bench -- --latency [--slow]`: from request to suggestion, as an editor asks while somebody types: with the
 * longest prompt, with one that is cut to the time that there is, and after the cursor has rested.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { CompletionRequest, Engine } from "../../server/src/inference/engine/engine";
import { startEngine } from "../../server/src/inference/engine/startEngine";
import { DEFAULT_SETTINGS } from "../../server/src/protocol/settings";
import { installationOf } from "../../server/src/workflows/installation";
import { ROOT } from "../support/languageClient";
import { row, Samples } from "./samples";

const PLACES = 24;
const RESTS = [250, 1000, 3000] as const;

/** A cursor in the middle of a line, and the key that is typed there next. */
interface Place {
  readonly path: string;
  readonly before: string;
  readonly key: string;
  readonly after: string;
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
  const [first, next] = [new Samples(), new Samples()];
  const prompts = new Samples();
  for (const place of places) {
    const cold = await ask(engine, place, "", budget);
    first.add(cold.milliseconds);
    if (cold.promptTokens !== null) {
      prompts.add(cold.promptTokens);
    }
    next.add((await ask(engine, place, place.key, budget)).milliseconds);
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
    const answer = await ask(engine, place, "", budget);
    first.add(answer.milliseconds);
    if (answer.promptTokens !== null) {
      prompts.add(answer.promptTokens);
    }
  }
  row(`after a rest of ${milliseconds} ms, first suggestion`, first.describe("ms", 0));
  row("  tokens of prompt", prompts.describe("", 0));
  row("  of one core, while it rested", share.describe("%", 0));
}

async function ask(
  engine: Engine,
  place: Place,
  typed: string,
  budget: number | null,
): Promise<{ milliseconds: number; promptTokens: number | null }> {
  const started = performance.now();
  const outcome = await engine.complete(requestAt(place, typed, budget));
  const milliseconds = performance.now() - started;
  return {
    milliseconds,
    promptTokens: outcome.kind === "completion" ? outcome.completion.promptTokens : null,
  };
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

/** Places of a real file, under another name for each kind of measurement, so that none was read before. */
function places(kind: number): Place[] {
  const text = readFileSync(join(ROOT, "server", "src", "evidence", "repository.ts"), "utf8");
  const half = text.slice(text.indexOf("\n", text.length / 3));
  const offsets = [...half.matchAll(/^ {2,}\w[^\n]{16,}$/gm)].map(
    ({ index, 0: line }) => text.length - half.length + index + Math.floor(line.length / 2),
  );
  const step = Math.max(1, Math.floor(offsets.length / PLACES));
  return offsets
    .filter((_, index) => index % step === 0)
    .slice(0, PLACES)
    .map((at) => ({
      path: `part${kind}/repository.ts`,
      before: text.slice(0, at - 1),
      key: text.slice(at - 1, at),
      after: text.slice(at),
    }));
}
