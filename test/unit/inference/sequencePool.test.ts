import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { SequencePool } from "../../../server/src/inference/graph/sequencePool";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";

// The model computes; how fast depends on what else the machine does.
vi.setConfig({ testTimeout: 120_000 });

const text = (seed: number, length: number): number[] =>
  Array.from({ length }, (_, index) => 100 + ((index * 31 + seed * 977) % 5000));

let model: Model;
beforeAll(async () => {
  model = await loadModel(EMBEDDED_MODEL, 1);
});
afterAll(() => model.graph.release());

/** Reads a prompt as a request does; returns how many tokens had to be run, and the last row's logits. */
async function read(sequence: Sequence, ids: readonly number[]): Promise<{ run: number; logits: number[] }> {
  const kept = sequence.rewindTo(ids, ids.length - 1);
  const logits = await sequence.append(ids.slice(kept), "last");
  return { run: ids.length - kept, logits: [...logits.subarray(-model.graph.vocabularySize)] };
}

async function readAnew(ids: readonly number[]): Promise<number[]> {
  return (await read(new Sequence(model.graph), ids)).logits;
}

describe("a kept sequence", () => {
  it("gives the same logits as a fresh one, however it was rewound, copied and continued", async () => {
    const step = fc.record({ keep: fc.nat(60), more: fc.integer({ min: 1, max: 20 }), copy: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        let sequence = new Sequence(model.graph);
        let ids: number[] = [];
        for (const [index, { keep, more, copy }] of steps.entries()) {
          const before = [sequence, [...ids]] as const;
          if (copy) {
            sequence = sequence.copy(Math.min(keep, sequence.length));
          }
          ids = [...ids.slice(0, keep), ...text(index + 1, more)];
          const { logits } = await read(sequence, ids);
          expect(logits).toEqual(await readAnew(ids));
          if (!copy || before[1].length === 0) {
            continue;
          }
          expect(before[0].length).toBe(before[1].length);
          const further = [...before[1], 7];
          expect((await read(before[0].copy(before[1].length), further)).logits).toEqual(
            await readAnew(further),
          );
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe("a pool of sequences", () => {
  it("goes on where the longest beginning is shared", async () => {
    const pool = new SequencePool(model.graph, 1e9);
    const [first, second] = [text(1, 200), text(2, 200)];
    expect(await read(pool.take(first), first)).toMatchObject({ run: 200 });
    expect(await read(pool.take(second), second)).toMatchObject({ run: 200 });
    const further = [...first, 5, 6];
    const { run, logits } = await read(pool.take(further), further);
    expect(run).toBe(2);
    expect(logits).toEqual(await readAnew(further));
    expect(await read(pool.take(second), second)).toMatchObject({ run: 1 });
    expect(pool.size).toBe(2);
  });

  it("keeps what lies beyond when a prompt is much shorter, and finds it again", async () => {
    const pool = new SequencePool(model.graph, 1e9);
    const whole = text(1, 300);
    const back = [...whole.slice(0, 150), 9];
    await read(pool.take(whole), whole);
    const answer = await read(pool.take(back), back);
    expect(answer.run).toBe(1);
    expect(answer.logits).toEqual(await readAnew(back));
    expect(await read(pool.take(whole), whole)).toMatchObject({ run: 1, logits: await readAnew(whole) });
  });

  it("does not keep a copy for a few tokens, nor for what only the model wrote", async () => {
    const pool = new SequencePool(model.graph, 1e9);
    const prompt = text(1, 100);
    const sequence = pool.take(prompt);
    await read(sequence, prompt);
    await sequence.append(text(2, 90));
    expect(pool.take([...prompt, 5])).toBe(sequence);
    expect(pool.take([...prompt.slice(0, 80), 5])).toBe(sequence);
    expect(pool.size).toBe(1);
  });

  it("stays within its memory, dropping what was used least recently, but never the last one", async () => {
    const one = new Sequence(model.graph);
    await read(one, text(9, 200));
    const pool = new SequencePool(model.graph, 2.5 * one.bytes);
    const prompts = [1, 2, 3, 4].map((seed) => text(seed, 200));
    for (const prompt of prompts) {
      await read(pool.take(prompt), prompt);
    }
    const [, , third = [], fourth = []] = prompts;
    expect(await read(pool.take(third), third)).toMatchObject({ run: 1 });
    expect(await read(pool.take(fourth), fourth)).toMatchObject({ run: 1 });
    expect(pool.bytes).toBeLessThanOrEqual(2.5 * one.bytes);
    const [first = []] = prompts;
    expect(await read(pool.take(first), first)).toMatchObject({ run: 200 });

    const tight = new SequencePool(model.graph, 0);
    for (const prompt of [...prompts, fourth]) {
      await read(tight.take(prompt), prompt);
    }
    expect(tight.size).toBe(1);
    expect(await read(tight.take(fourth), fourth)).toMatchObject({ run: 1 });
  });
});
