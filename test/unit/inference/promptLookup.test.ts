import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LookupIntake } from "../../../server/src/inference/decode/lookupIntake";
import { BREAK, PromptLookup } from "../../../server/src/inference/decode/promptLookup";
import { complete } from "../../../server/src/inference/engine/complete";
import type { CompletionOutcome, CompletionRequest } from "../../../server/src/inference/engine/engine";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { MAX_DRAFT, rowsStandAlone } from "../../../server/src/inference/graph/batchInvariance";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";
import { requestAt, SAMPLE } from "./samples";

// The model computes; how fast depends on what else the machine does.
vi.setConfig({ testTimeout: 240_000 });

const never = (): boolean => false;

describe("a lookup", () => {
  it("continues what stood after the longest run of the last tokens, the latest among equals", () => {
    const lookup = new PromptLookup();
    lookup.begin([7, 1, 2, 3, 40, 41, 9, 2, 3, 50, 51, 1, 2, 3], 10);
    expect(lookup.draft(2)).toEqual({ tokens: [40, 41], match: 3 });
    lookup.begin([2, 3, 40, 41, 2, 3, 50, 51, 8, 2, 3], 10);
    expect(lookup.draft(1)).toEqual({ tokens: [50], match: 2 });
  });

  it("drafts nothing after a single token, after what never stood there, and beyond the limit", () => {
    const lookup = new PromptLookup();
    for (const prompt of [[], [1], [1, 1], [5, 1, 6, 2, 7, 1]]) {
      lookup.begin(prompt, 10);
      expect(lookup.draft(8).tokens).toEqual([]);
    }
    lookup.begin([1, 2, 3, 4, 1, 2, 3], 10);
    expect(lookup.draft(0).tokens).toEqual([]);
  });

  it("follows the answer, and remembers earlier ones without running from one into the next", () => {
    const lookup = new PromptLookup();
    lookup.begin([1, 2], 10);
    lookup.remember([20, 21, 22, 23]);
    lookup.remember([30, 31, 32]);
    lookup.begin([1, 2], 10);
    for (const token of [20, 21, 22]) {
      lookup.push(token);
    }
    expect(lookup.draft(8)).toEqual({ tokens: [23], match: 3 });
    for (const token of [30, 31, 32]) {
      lookup.push(token);
    }
    expect(lookup.draft(8).tokens).toEqual([]);
  });

  it("looks into texts from around where nothing nearer matches, and never from one into the next", () => {
    const lookup = new PromptLookup();
    lookup.know(Int32Array.of(1, 2, 30, 31, BREAK, 8, 9, 10, BREAK));
    lookup.begin([5, 1, 2], 10);
    expect(lookup.draft(1)).toEqual({ tokens: [30], match: 2 });
    lookup.begin([1, 2, 40, 1, 2], 10);
    expect(lookup.draft(1)).toEqual({ tokens: [40], match: 2 });
    lookup.begin([9, 10], 10);
    expect(lookup.draft(8).tokens).toEqual([]);
    lookup.know(new Int32Array(0));
    lookup.begin([5, 1, 2], 10);
    expect(lookup.draft(8).tokens).toEqual([]);
  });

  it("gives up where it is wrong, tries again later, and drafts as much as it is right", () => {
    const lookup = new PromptLookup();
    const prompt = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3];
    lookup.begin(prompt, 10);
    const lengths: number[] = [];
    for (let round = 0; round < 60; round++) {
      const draft = lookup.draft(MAX_DRAFT);
      lengths.push(draft.tokens.length);
      lookup.checked(draft, 0);
    }
    expect(lengths[0]).toBeGreaterThan(0);
    expect(lengths.slice(30).filter((length) => length > 0).length).toBeLessThan(10);
    for (let round = 0; round < 200; round++) {
      const draft = lookup.draft(MAX_DRAFT);
      lookup.checked(draft, draft.tokens.length);
    }
    expect(lookup.draft(MAX_DRAFT).tokens).toHaveLength(MAX_DRAFT);
  });
});

describe("drafting with the embedded model", () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(EMBEDDED_MODEL, 1);
  });
  afterAll(() => model.graph.release());

  it("is safe: a token's logits do not depend on what is run beside it", async () => {
    expect(await rowsStandAlone(model.graph)).toBe(true);
  });

  /** What an answer is, without how long it took. */
  const essence = (outcome: CompletionOutcome): unknown =>
    outcome.kind === "completion"
      ? { ...outcome.completion, milliseconds: 0 }
      : { reason: outcome.reason, confidence: outcome.confidence };

  it.each(["explicit", "automatic"] as const)("gives the same %s answers, in fewer runs", async (trigger) => {
    const run = vi.spyOn(model.graph, "run");
    const lookup = new PromptLookup();
    const lookUps = new LookupIntake(model.tokenizer, lookup);
    lookUps.replace([SAMPLE.replaceAll("Stack", "Heap")]);
    while (lookUps.step()) {}
    const [plain, drafted] = [new Sequence(model.graph), new Sequence(model.graph)];
    const counts = { plain: 0, drafted: 0, healed: 0, doubted: 0 };
    const repeated = `${SAMPLE}\n${SAMPLE.slice(0, 900).replaceAll("Stack", "Queue")}`;
    const requests: CompletionRequest[] = [];
    for (let offset = 3; offset < SAMPLE.length; offset += 83) {
      requests.push(requestAt(offset, { trigger }));
    }
    for (let offset = 5; offset < 900; offset += 97) {
      const end = repeated.indexOf("\n", SAMPLE.length + offset);
      requests.push({
        ...requestAt(0, { trigger }),
        prefix: repeated.slice(0, SAMPLE.length + offset),
        suffix: repeated.slice(end),
      });
    }
    for (const request of requests) {
      run.mockClear();
      const expected = await complete(model, plain, request, never);
      counts.plain += run.mock.calls.length;
      run.mockClear();
      const outcome = await complete(model, drafted, request, never, { lookup });
      counts.drafted += run.mock.calls.length;
      expect(essence(outcome)).toEqual(essence(expected));
      if (outcome.kind !== "completion") {
        continue;
      }
      counts.healed += outcome.completion.raw.startsWith(outcome.completion.displayed) ? 0 : 1;
      counts.doubted += outcome.completion.stop === "doubt" ? 1 : 0;
    }
    run.mockRestore();
    // Automatic answers are often too short for a draft.
    expect(counts.drafted).toBeLessThanOrEqual((trigger === "explicit" ? 0.9 : 1) * counts.plain);
    expect(counts.healed).toBeGreaterThan(5);
    if (trigger === "automatic") {
      expect(counts.doubted).toBeGreaterThan(0);
    }
  });
});
