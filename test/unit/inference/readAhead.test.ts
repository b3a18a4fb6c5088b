import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { complete } from "../../../server/src/inference/engine/complete";
import type { CompletionRequest } from "../../../server/src/inference/engine/engine";
import { LatencyBudget } from "../../../server/src/inference/engine/latencyBudget";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { ReadAhead, SHARE_OF_A_CORE } from "../../../server/src/inference/engine/readAhead";
import { SequencePool } from "../../../server/src/inference/graph/sequencePool";
import { promptOfLength } from "../../../server/src/inference/prompt/choosePrompt";
import { LEAST_PROMPT_TOKENS } from "../../../server/src/inference/prompt/promptLengths";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";
import { requestAt, SAMPLE } from "./samples";

// The model computes; how fast depends on what else the machine does.
vi.setConfig({ testTimeout: 120_000 });

const LONG = SAMPLE.repeat(8);
const THREADS = 2;
const MAX_TOKENS = 96;

function request(offset: number, change: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    ...requestAt(0, { trigger: "automatic", maxTokens: MAX_TOKENS }),
    prefix: LONG.slice(0, offset),
    suffix: LONG.slice(offset),
    withinMilliseconds: 0,
    ...change,
  };
}

let model: Model;
let pool: SequencePool;
let budget: LatencyBudget;
let ahead: ReadAhead;
beforeAll(async () => {
  model = await loadModel(EMBEDDED_MODEL, THREADS);
  // So that the time that is given decides nothing here.
  model.graph.pace.ran(64, 6.4);
});
afterAll(() => model.graph.release());
beforeEach(() => {
  pool = new SequencePool(model.graph, 64e6);
  budget = new LatencyBudget(model.graph.pace);
  ahead = new ReadAhead(model, pool, budget, THREADS);
});

const full = (wanted: CompletionRequest): readonly number[] =>
  promptOfLength(model.tokenizer, wanted, model.manifest.contextLength - MAX_TOKENS).healed.ids;

async function readAll(): Promise<number[]> {
  const rests: number[] = [];
  for (let rest = await ahead.step(); rest !== null; rest = await ahead.step()) {
    rests.push(rest);
    expect(rests.length).toBeLessThan(500);
  }
  return rests;
}

describe("reading ahead", () => {
  it("reads nothing until a place is told, and nothing after it is taken back", async () => {
    expect(await ahead.step()).toBeNull();
    ahead.replace(request(4_000));
    expect(await ahead.step()).not.toBeNull();
    ahead.replace(null);
    expect(await ahead.step()).toBeNull();
  });

  it("reads the short prompt first, and in the end the longest, so that a request finds all of it", async () => {
    const wanted = request(4_000);
    ahead.replace(wanted);
    const short = promptOfLength(model.tokenizer, wanted, LEAST_PROMPT_TOKENS).healed.ids;
    while (pool.sharedWith(short) < short.length - 1) {
      expect(await ahead.step()).not.toBeNull();
    }
    expect(pool.sharedWith(full(wanted))).toBeLessThan(full(wanted).length / 2);
    await readAll();
    expect(pool.sharedWith(full(wanted))).toBe(full(wanted).length - 1);
    const outcome = await complete(model, pool, request(4_000, { trigger: "explicit" }), () => false, {
      budget,
    });
    const unhurried = await complete(
      model,
      new SequencePool(model.graph, 0),
      request(4_000, { trigger: "explicit", withinMilliseconds: Number.POSITIVE_INFINITY }),
      () => false,
    );
    if (outcome.kind !== "completion" || unhurried.kind !== "completion") {
      throw new Error("there is no answer");
    }
    // The same bits as without reading ahead: a replay knows nothing of it.
    expect(outcome.completion.prompt).toEqual(unhurried.completion.prompt);
    expect(outcome.completion.tokens).toEqual(unhurried.completion.tokens);
  });

  it("goes on where a request came between, which takes what was read", async () => {
    const wanted = request(4_000);
    ahead.replace(wanted);
    for (let slice = 0; slice < 4; slice++) {
      await ahead.step();
    }
    await complete(model, pool, request(2_000), () => false, { budget });
    await complete(model, pool, wanted, () => false, { budget });
    await readAll();
    expect(pool.sharedWith(full(wanted))).toBe(full(wanted).length - 1);
  });

  it("rests long enough after each slice to take no more than its share of any quarter of a second", async () => {
    const wanted = full(request(4_000));
    const [slice, stretch] = [16, 250];
    let time = 0;
    const clock = (): number => {
      time += slice;
      return time;
    };
    const timed = new ReadAhead(model, pool, budget, THREADS, clock);
    timed.replace(request(4_000));
    const begins: number[] = [];
    let now = 0;
    for (let read = pool.sharedWith(wanted); ; read = pool.sharedWith(wanted)) {
      const rest = await timed.step();
      if (rest === null) {
        break;
      }
      expect(pool.sharedWith(wanted) - read).toBeLessThanOrEqual(64);
      begins.push(now);
      now += slice + rest;
    }
    expect(begins.length).toBeGreaterThan(10);
    for (const from of begins) {
      const busy = begins
        .map((begin) => Math.min(begin + slice, from + stretch) - Math.max(begin, from))
        .reduce((sum, overlap) => sum + Math.max(0, overlap), 0);
      // What V8 does in threads of its own was measured as a sixth of that.
      expect((busy * THREADS * 7) / 6 / stretch).toBeLessThan(SHARE_OF_A_CORE);
    }
  });

  it("does not push out what is in use for a longer prompt that nobody asked for", async () => {
    const small = new SequencePool(model.graph, 1e6);
    const frugal = new ReadAhead(model, small, budget, THREADS);
    const wanted = request(4_000);
    await complete(model, small, wanted, () => false, { budget });
    frugal.replace(wanted);
    const short = promptOfLength(model.tokenizer, wanted, LEAST_PROMPT_TOKENS).healed.ids;
    for (let rest = await frugal.step(); rest !== null; rest = await frugal.step()) {
      expect(small.sharedWith(short)).toBeGreaterThanOrEqual(short.length - 1);
    }
    expect(small.sharedWith(full(wanted))).toBeLessThan(full(wanted).length - 1);
  });

  it("keeps only the last place of somebody who looks around, and every place where somebody asked", async () => {
    const asked = request(3_000);
    await complete(model, pool, asked, () => false, { budget });
    for (const offset of [1_000, 2_000, 5_000, 6_000]) {
      ahead.replace(request(offset));
      await readAll();
    }
    expect(pool.sharedWith(full(request(6_000)))).toBe(full(request(6_000)).length - 1);
    const short = (offset: number) =>
      promptOfLength(model.tokenizer, request(offset), LEAST_PROMPT_TOKENS).healed.ids;
    expect(pool.sharedWith(short(3_000))).toBeGreaterThanOrEqual(short(3_000).length - 1);
    expect(pool.sharedWith(short(5_000))).toBeLessThan(short(5_000).length / 2);
    expect(pool.size).toBeLessThanOrEqual(6);
  });

  it("reads the chunks of other files, too, of a text that a short prompt holds", async () => {
    const context = [1, 2].map((part) => ({ path: `other${part}.ts`, text: SAMPLE.slice(0, 800) }));
    const wanted = request(0, { prefix: "const a = ", suffix: "", context });
    const prompt = promptOfLength(model.tokenizer, wanted, model.manifest.contextLength - MAX_TOKENS);
    expect(prompt.prompt.context).toHaveLength(2);
    ahead.replace(wanted);
    await readAll();
    expect(pool.sharedWith(prompt.healed.ids)).toBe(prompt.healed.ids.length - 1);
  });

  it("has nothing to read of a text that a short prompt holds", async () => {
    const wanted = request(0, { prefix: "const a = ", suffix: "" });
    ahead.replace(wanted);
    expect((await readAll()).length).toBeLessThanOrEqual(2);
    expect(pool.size).toBe(1);
  });
});
