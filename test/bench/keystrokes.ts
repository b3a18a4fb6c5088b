/** What the engine computes again from one key to the next, as ratios to reading a prompt from its beginning. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Draft, PromptLookup } from "../../server/src/inference/decode/promptLookup";
import { complete } from "../../server/src/inference/engine/complete";
import type { CompletionRequest } from "../../server/src/inference/engine/engine";
import { loadModel, type Model } from "../../server/src/inference/engine/loadedModel";
import { SequencePool } from "../../server/src/inference/graph/sequencePool";
import { DEFAULT_CACHE_MEGABYTES } from "../../server/src/protocol/settings";
import { installationOf } from "../../server/src/workflows/installation";
import { ROOT } from "../support/languageClient";
import { row, Samples } from "./samples";

/** A cursor in a text; what stood between it and the end of its line is left out. */
interface Place {
  readonly text: string;
  readonly offset: number;
}

const PLACES = 20;
const ROUNDS = 3;
/** A token that hardly ever comes. */
const UNLIKELY_TOKEN = 6000;

export async function benchKeystrokes(): Promise<void> {
  const { modelDirectory } = installationOf(join(ROOT, "dist"));
  const model = await loadModel(modelDirectory, 2);
  try {
    const text = readFileSync(join(ROOT, "server", "src", "evidence", "repository.ts"), "utf8");
    await fromKeyToKey(model, placesIn(text, text.length / 3, text.length));
    const places = placesIn(text, 0, text.length);
    const nearby = places.map((place) => ({
      text: place.text.slice(Math.max(0, place.offset - 120), place.offset),
      offset: Math.min(120, place.offset),
    }));
    await drafting("a line or two before the cursor", model, nearby);
    await drafting("ordinary text", model, places);
    await drafting("ordinary text, every draft wrong", model, places, () => new WrongDrafter());
    // The same once more under another name, as in a table, a test or a second implementation.
    const start = text.indexOf("\nexport ");
    const part = text.slice(start, start + 1800);
    const again = text.slice(0, start) + part + part.replaceAll(/repository/gi, "archive");
    await drafting("repetitive text", model, placesIn(again, start + part.length, again.length));
  } finally {
    await model.graph.release();
  }
}

/** Places in the middle of lines of code between two offsets. */
function placesIn(text: string, from: number, to: number): Place[] {
  const offsets = [...text.matchAll(/[.(={] *(?=\S)/g)].map(({ index, 0: { length } }) => index + length);
  const between = offsets.filter((offset) => offset >= from && offset < to);
  const step = Math.max(1, Math.floor(between.length / PLACES));
  return between.filter((_, index) => index % step === 0).map((offset) => ({ text, offset }));
}

function requestAt({ text, offset }: Place, typed = "", maxTokens = 48): CompletionRequest {
  return {
    path: "src/place.ts",
    prefix: text.slice(0, offset) + typed,
    suffix: text.slice(offset).replace(/^.*/, ""),
    context: [],
    trigger: "explicit",
    extent: "auto",
    maxTokens,
  };
}

/** Of one token each, so that nothing but reading differs much. */
async function fromKeyToKey(model: Model, places: readonly Place[]): Promise<void> {
  const names = [
    "one more key",
    "that key deleted again",
    "moved to a line above",
    "moved back again",
  ] as const;
  const cold = new Samples();
  const ratios = names.map(() => new Samples());
  const ask = async (pool: SequencePool, request: CompletionRequest): Promise<number> => {
    const started = performance.now();
    await complete(model, pool, request, () => false);
    return performance.now() - started;
  };
  for (const place of places) {
    const pool = new SequencePool(model.graph, DEFAULT_CACHE_MEGABYTES * 1e6);
    const above = {
      text: place.text,
      offset: place.text.lastIndexOf("\n", place.text.lastIndexOf("\n", place.offset) - 1),
    };
    const here = requestAt(place, "", 1);
    const first = await ask(pool, here);
    cold.add(first);
    for (const [index, request] of [
      requestAt(place, "x", 1),
      here,
      requestAt(above, "", 1),
      here,
    ].entries()) {
      ratios[index]?.add((await ask(pool, request)) / first);
    }
  }
  row("first token, prompt read from its beginning", cold.describe("ms"));
  for (const [index, name] of names.entries()) {
    row(`  ${name}, as a ratio to that`, ratios[index]?.describe("×", 2) ?? "");
  }
}

/** A drafter that counts. */
class CountingDrafter extends PromptLookup {
  runs = 0;

  override ran(rows: number, milliseconds: number): void {
    super.ran(rows, milliseconds);
    this.runs += 1;
  }
}

/** One that finds as much, and is never right: what drafting costs at worst. */
class WrongDrafter extends CountingDrafter {
  override draft(limit: number): Draft {
    const { tokens, match } = super.draft(limit);
    return { tokens: tokens.map(() => UNLIKELY_TOKEN), match };
  }
}

async function drafting(
  name: string,
  model: Model,
  places: readonly Place[],
  newDrafter: () => CountingDrafter = () => new CountingDrafter(),
): Promise<void> {
  const plainPool = new SequencePool(model.graph, DEFAULT_CACHE_MEGABYTES * 1e6);
  const draftingPool = new SequencePool(model.graph, DEFAULT_CACHE_MEGABYTES * 1e6);
  let [plain, drafted, tokens, runs] = [0, 0, 0, 0];
  for (let round = 0; round < ROUNDS; round += 1) {
    // One that remembers no answers of the round before.
    const lookup = newDrafter();
    for (const place of places) {
      const request = requestAt(place);
      // The prompt is read before, so that only the answer is timed.
      for (const pool of [plainPool, draftingPool]) {
        await complete(model, pool, { ...request, maxTokens: 1 }, () => false);
      }
      let started = performance.now();
      const outcome = await complete(model, plainPool, request, () => false);
      plain += performance.now() - started;
      started = performance.now();
      await complete(model, draftingPool, request, () => false, { lookup });
      drafted += performance.now() - started;
      // The first token comes with the prompt.
      if (outcome.kind === "completion") {
        tokens += outcome.completion.tokens.length - 1;
      }
    }
    runs += lookup.runs;
  }
  row(`${name}: time of answers, drafting on ÷ off`, `${(drafted / plain).toFixed(2)} ×`);
  row("  tokens per run", (tokens / runs).toFixed(2));
}
