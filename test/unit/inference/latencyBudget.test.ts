import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { complete } from "../../../server/src/inference/engine/complete";
import { LatencyBudget } from "../../../server/src/inference/engine/latencyBudget";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { PrefillPace } from "../../../server/src/inference/graph/prefillPace";
import { SequencePool } from "../../../server/src/inference/graph/sequencePool";
import { choosePrompt, promptOfLength } from "../../../server/src/inference/prompt/choosePrompt";
import {
  LEAST_PROMPT_TOKENS,
  nextLength,
  promptLengths,
} from "../../../server/src/inference/prompt/promptLengths";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";
import { requestAt, SAMPLE } from "./samples";

// The model computes; how fast depends on what else the machine does.
vi.setConfig({ testTimeout: 120_000 });

/** Takes so many milliseconds for each token. */
function paceOf(millisecondsPerToken: number): PrefillPace {
  const pace = new PrefillPace();
  pace.ran(64, 64 * millisecondsPerToken);
  return pace;
}

describe("the time that a request gives", () => {
  it("is for everything besides reading first, and the rest for reading", () => {
    const budget = new LatencyBudget(paceOf(0.5));
    expect(budget.readableTokens(150)).toBe(300);
    budget.answered(50);
    expect(budget.readableTokens(150)).toBe(200);
    expect(budget.readableTokens(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is no reason to read less than what writing takes anyway", () => {
    const budget = new LatencyBudget(paceOf(1));
    budget.answered(400);
    expect(budget.readableTokens(150)).toBe(150);
    budget.answered(100);
    budget.answered(100);
    budget.answered(100);
    budget.answered(100);
    expect(budget.readableTokens(150)).toBe(100);
  });

  it("follows the machine, and not one run that was held up", () => {
    const pace = paceOf(1);
    const budget = new LatencyBudget(pace);
    for (let run = 0; run < 5; run++) {
      pace.ran(64, 64);
    }
    pace.ran(64, 6_400);
    expect(budget.readableTokens(100)).toBe(100);
    for (let run = 0; run < 5; run++) {
      pace.ran(64, 256);
    }
    expect(budget.readableTokens(100)).toBe(25);
  });

  it("says nothing of a machine whose pace is not known", () => {
    expect(new LatencyBudget(new PrefillPace()).readableTokens(150)).toBe(Number.POSITIVE_INFINITY);
    const pace = new PrefillPace();
    pace.ran(8, 1_000);
    expect(new LatencyBudget(pace).readableTokens(150)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the lengths of prompts", () => {
  it("begin with the full one, and become shorter by a half at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40_000 }), (full) => {
        const lengths = promptLengths(full);
        expect(lengths[0]).toBe(full);
        for (const [index, length] of lengths.slice(1).entries()) {
          expect(length).toBeLessThan(lengths[index] ?? 0);
          expect(length).toBeGreaterThanOrEqual((lengths[index] ?? 0) / 2);
        }
        expect(lengths.at(-1)).toBe(Math.min(full, LEAST_PROMPT_TOKENS));
      }),
    );
  });

  it("reach the full one within a few steps, none of which is short", () => {
    fc.assert(
      fc.property(fc.integer({ min: LEAST_PROMPT_TOKENS, max: 40_000 }), (full) => {
        for (let length = LEAST_PROMPT_TOKENS, steps = 0; length < full; steps++) {
          const next = nextLength(full, length);
          expect(next === full || next >= 2 * length).toBe(true);
          expect(steps).toBeLessThan(10);
          length = next;
        }
      }),
    );
  });
});

describe("the prompt within a time", () => {
  const FULL = 900;
  const LONG = SAMPLE.repeat(8);
  const at = (offset: number) => ({
    path: "src/a.ts",
    prefix: LONG.slice(0, offset),
    suffix: LONG.slice(offset),
    context: [],
  });
  const nothing = { sharedWith: () => 0 };
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(EMBEDDED_MODEL, 1);
  });
  afterAll(() => model.graph.release());

  it("is the longest that can be read, and the shortest where none can", () => {
    fc.assert(
      fc.property(fc.nat(LONG.length), fc.nat(1_200), (offset, readable) => {
        const { healed, length } = choosePrompt(model.tokenizer, at(offset), FULL, readable, nothing);
        const lengths = promptLengths(FULL);
        if (healed.ids.length > readable) {
          expect(length).toBe(lengths.at(-1));
        }
        const longer = lengths.filter((one) => one > length).at(-1);
        if (longer !== undefined && healed.ids.length > 0) {
          const other = promptOfLength(model.tokenizer, at(offset), longer);
          expect(other.healed.ids.length).toBeGreaterThan(readable);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is the longest where there is no end of time, and where all of it was read", () => {
    const text = at(3_000);
    const full = promptOfLength(model.tokenizer, text, FULL);
    const forever = choosePrompt(model.tokenizer, text, FULL, Number.POSITIVE_INFINITY, nothing);
    expect(forever.prompt).toEqual(full.prompt);
    const read = {
      sharedWith: (ids: readonly number[]) => (ids.length === full.healed.ids.length ? ids.length : 0),
    };
    expect(choosePrompt(model.tokenizer, text, FULL, 200, read).prompt).toEqual(full.prompt);
  });

  it("goes on with what was read, though there is time for more", () => {
    const text = at(3_000);
    const short = promptOfLength(model.tokenizer, text, 256);
    const read = {
      sharedWith: (ids: readonly number[]) => (ids.length === short.healed.ids.length ? ids.length - 2 : 0),
    };
    expect(choosePrompt(model.tokenizer, text, FULL, 600, read).length).toBe(256);
  });

  it("is cut in the same place from key to key, so that each needs next to nothing", async () => {
    const pool = new SequencePool(model.graph, 64e6);
    const budget = new LatencyBudget(paceOf(0.5));
    let longest = 0;
    for (let key = 0; key < 12; key++) {
      const offset = 4_000 + key;
      const request = {
        ...requestAt(0, { trigger: "automatic" }),
        ...at(offset),
        suffix: LONG.slice(4_012),
        withinMilliseconds: 150,
        maxTokens: 96,
      };
      const chosen = choosePrompt(model.tokenizer, request, 928, budget.readableTokens(150), pool);
      if (key > 0) {
        expect(chosen.healed.ids.length - pool.sharedWith(chosen.healed.ids)).toBeLessThan(20);
      }
      const outcome = await complete(model, pool, request, () => false, { budget });
      if (outcome.kind === "completion") {
        longest = Math.max(longest, outcome.completion.promptTokens);
      }
    }
    expect(longest).toBeLessThanOrEqual(300);
  });
});
