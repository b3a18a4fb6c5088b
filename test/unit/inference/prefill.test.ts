import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { prefill } from "../../../server/src/inference/graph/prefill";
import { CHUNK_TOKENS, PrefillPace } from "../../../server/src/inference/graph/prefillPace";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";

vi.setConfig({ testTimeout: 60_000 });

describe("the pace of reading", () => {
  it("is the smallest chunk until a run was timed, then what fits a tenth of a second", () => {
    const pace = new PrefillPace();
    expect(pace.chunkTokens).toBe(CHUNK_TOKENS);
    pace.ran(64, 5);
    expect(pace.chunkTokens).toBe(256);
    for (let run = 0; run < 10; run++) {
      pace.ran(256, 180);
    }
    expect(pace.chunkTokens).toBe(128);
    for (let run = 0; run < 10; run++) {
      pace.ran(64, 500);
    }
    expect(pace.chunkTokens).toBe(CHUNK_TOKENS);
  });

  it("comes back after a run that was held up", () => {
    const pace = new PrefillPace();
    pace.ran(256, 20);
    pace.ran(256, 900);
    expect(pace.chunkTokens).toBe(CHUNK_TOKENS);
    for (let run = 0; run < 5; run++) {
      pace.ran(64, 6);
    }
    expect(pace.chunkTokens).toBe(256);
  });
});

describe("reading with the embedded model", () => {
  const IDS = Array.from({ length: 600 }, (_, index) => (index * 7919) % 6000);
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(EMBEDDED_MODEL, 2);
  });
  afterAll(() => model.graph.release());

  it("gives the same bits at every pace", async () => {
    const { graph } = model;
    const atOnce = await new Sequence(graph).append(IDS);
    const expected = atOnce.subarray(-graph.vocabularySize);
    for (const milliseconds of [1, 150, 1000]) {
      const pace = vi.spyOn(graph.pace, "ran").mockReturnValue();
      const timed = new PrefillPace();
      timed.ran(256, milliseconds);
      const chunk = vi.spyOn(graph.pace, "chunkTokens", "get").mockReturnValue(timed.chunkTokens);
      const sequence = new Sequence(graph);
      const last = await prefill(sequence, IDS, () => false);
      const logits = await sequence.append(last ?? [], "last");
      expect(
        logits.subarray(-graph.vocabularySize).every((logit, at) => Object.is(logit, expected[at])),
      ).toBe(true);
      pace.mockRestore();
      chunk.mockRestore();
    }
  });

  it("stops between two runs, and goes on from there", async () => {
    const sequence = new Sequence(model.graph);
    let looks = 0;
    expect(await prefill(sequence, IDS, () => ++looks > 1)).toBeNull();
    expect(sequence.length).toBeGreaterThanOrEqual(CHUNK_TOKENS);
    expect(sequence.length).toBeLessThan(IDS.length);
    const rest = await prefill(sequence, IDS.slice(sequence.length), () => false);
    expect(sequence.length + (rest?.length ?? 0)).toBe(IDS.length);
    expect(rest?.length).toBeGreaterThan(0);
  });
});
