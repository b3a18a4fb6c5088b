/** Our own engine from request to suggestion: its worker thread, tokenizer, decoding rules and trim chain included. */
import { join } from "node:path";
import type { CompletionRequest } from "../../../server/src/inference/engine/engine";
import { loadModel } from "../../../server/src/inference/engine/loadedModel";
import { startEngine } from "../../../server/src/inference/engine/startEngine";
import { healPrompt } from "../../../server/src/inference/prompt/heal";
import { installationOf } from "../../../server/src/workflows/installation";
import { midLinePlaces } from "../midLinePlaces";
import { Samples } from "../samples";
import type { Place } from "./comparison";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PLACES = 20;
const MAX_TOKENS = 64;

export interface EndToEnd {
  readonly cold: Samples;
  readonly warm: Samples;
  readonly promptTokens: Samples;
  readonly tokens: Samples;
  /** The same work for the other engines: as many tokens, after the same prompts. */
  readonly places: readonly Place[];
}

/** Asks for suggestions in a real file, each at a place of its own, and again after one more keystroke. */
export async function measureEndToEnd(threads: number): Promise<EndToEnd> {
  const { modelDirectory, inferenceWorker, bundles } = installationOf(join(ROOT, "dist"));
  const { tokenizer, graph } = await loadModel(modelDirectory, 1);
  await graph.release();
  const engine = await startEngine({
    modelDirectory,
    workerPath: inferenceWorker,
    bundlePaths: bundles,
    threads,
  });
  const result = {
    cold: new Samples(),
    warm: new Samples(),
    promptTokens: new Samples(),
    tokens: new Samples(),
  };
  const places: Place[] = [];
  try {
    for (const { before, typed, after } of midLinePlaces(PLACES)) {
      const found: { ids: readonly number[]; count: number }[] = [];
      for (const [samples, prefix] of [
        [result.cold, before],
        [result.warm, before + typed],
      ] as const) {
        const started = performance.now();
        const outcome = await engine.complete(requestFor(prefix, after));
        const elapsed = performance.now() - started;
        if (outcome.kind === "nothing") {
          break;
        }
        const { prompt, tokens } = outcome.completion;
        const { ids } = healPrompt(tokenizer, prompt);
        found.push({ ids, count: tokens.length });
        samples.add(elapsed);
        if (samples === result.warm) {
          continue;
        }
        result.promptTokens.add(ids.length);
        result.tokens.add(tokens.length);
      }
      const [cold, warm] = found;
      if (cold !== undefined && warm !== undefined) {
        places.push({ cold, warm });
      }
    }
  } finally {
    await engine.dispose();
  }
  return { ...result, places };
}

function requestFor(prefix: string, suffix: string): CompletionRequest {
  return {
    path: "src/place.ts",
    prefix,
    suffix,
    context: [],
    trigger: "explicit",
    extent: "line",
    maxTokens: MAX_TOKENS,
  };
}
