import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { seedOf } from "../../../server/src/inference/decode/seed";
import { complete } from "../../../server/src/inference/engine/complete";
import type { Completion, ReplayRequest } from "../../../server/src/inference/engine/engine";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { checkShapes } from "../../../server/src/inference/graph/batchInvariance";
import { Graph } from "../../../server/src/inference/graph/graph";
import {
  PORTABLE,
  PORTABLE_LIBRARY_DIGEST,
  portableLibrary,
  type Runtime,
} from "../../../server/src/inference/graph/runtime";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { replay } from "../../../server/src/inference/replay/replayTokens";
import { EXPECTED_FILE, PortableDigest, portableDigest } from "../../bench/portable/digest";
import { countPrefixed, isRelaxed } from "../../bench/portable/wasmInstructions";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";
import { randomGraph } from "./randomGraph";
import { OFFSETS, requestAt } from "./samples";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const never = (): boolean => false;

describe("the WebAssembly module of portable/v1", () => {
  const module = readFileSync(portableLibrary());

  it("is the one that the profile names", () => {
    expect(createHash("sha256").update(module).digest("hex")).toBe(PORTABLE_LIBRARY_DIGEST);
  });

  it("computes with SIMD, and nowhere with relaxed SIMD", () => {
    const { bodies, instructions } = countPrefixed(module);
    expect(bodies).toBeGreaterThan(10_000);
    const simd = [...instructions.values()].filter(({ prefix }) => prefix === 0xfd);
    expect(simd.length).toBeGreaterThan(50);
    expect(simd.filter(isRelaxed)).toEqual([]);
  });

  it("would be found out if it did", () => {
    // (func (drop (f32x4.relaxed_madd (v128.const 0) (v128.const 0) (v128.const 0))))
    const constant = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
    const body = [0, ...constant, ...constant, ...constant, 0xfd, 0x85, 0x02, 0x1a, 0x0b];
    const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, body.length + 2, 1, body.length, ...body];
    const { bodies, instructions } = countPrefixed(Uint8Array.from(bytes));
    expect(bodies).toBe(1);
    expect([...instructions.values()].filter(isRelaxed)).toEqual([{ prefix: 0xfd, number: 0x105, count: 1 }]);
    expect(() => countPrefixed(Uint8Array.from(bytes.slice(0, -1)))).toThrow();
    expect(() => countPrefixed(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]))).toThrow(/no WebAssembly/);
  });
});

describe("portable/v1 with the embedded model", () => {
  let model: Model;
  let completions: Completion[];

  beforeAll(async () => {
    model = await loadModel(EMBEDDED_MODEL, 1, "portable/v1");
    const sequence = new Sequence(model.graph);
    completions = [];
    for (const offset of OFFSETS.filter((_, index) => index % 3 === 0)) {
      const outcome = await complete(model, sequence, requestAt(offset, { maxTokens: 24 }), never);
      if (outcome.kind === "completion") {
        completions.push(outcome.completion);
      }
    }
  });
  afterAll(() => model.graph.release());

  it("gives the same bits however the tokens are run, kept beginnings included", async () => {
    const ids = Array.from({ length: 150 }, (_, index) => (index * 7919) % model.graph.vocabularySize);
    const whole = await new Sequence(model.graph).append(ids);
    const size = model.graph.vocabularySize;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 12, maxLength: 12 }),
        fc.nat(100),
        async (lengths, kept) => {
          const sequence = new Sequence(model.graph);
          for (const again of [0, kept]) {
            sequence.rewindTo(ids, again);
            for (const length of lengths) {
              const start = sequence.length;
              const logits = await sequence.append(ids.slice(start, start + length));
              const expected = whole.subarray(start * size, sequence.length * size);
              expect(Buffer.from(logits.slice().buffer).equals(Buffer.from(expected.slice().buffer))).toBe(
                true,
              );
              if (sequence.length === ids.length) {
                break;
              }
            }
          }
        },
      ),
      { numRuns: 6 },
    );
  });

  it("finds every answer exact, and forgives nothing", async () => {
    expect(completions.length).toBeGreaterThan(8);
    const sequence = new Sequence(model.graph);
    for (const completion of completions) {
      const { tokens, profile } = completion;
      expect(profile).toBe("portable/v1");
      expect(await replay(model, sequence, completion, never)).toEqual({
        value: "exact",
        tokens: tokens.length,
        exact: tokens.length,
        margin: 0,
        tolerance: { margin: 0, notFirst: 0 },
      });
    }
  });

  it("contradicts a changed token", async () => {
    for (const completion of completions.filter(({ tokens }) => tokens.length > 2).slice(0, 5)) {
      const changed = completion.tokens.with(1, (completion.tokens[1] ?? 0) + 1);
      const claim: ReplayRequest = { ...completion, tokens: changed, raw: model.tokenizer.decode(changed) };
      expect((await replay(model, new Sequence(model.graph), claim, never))?.value).toBe("mismatch");
    }
  });

  it("contradicts an answer that claims the other profile, by its seed", async () => {
    const [claim] = completions;
    if (claim === undefined) {
      throw new Error("no completion");
    }
    const seed = seedOf({ ...claim, manifestDigest: model.manifestDigest, profile: "native/v1" });
    const result = await replay(model, new Sequence(model.graph), { ...claim, seed }, never);
    expect(result).toMatchObject({ value: "mismatch", reason: expect.stringMatching(/seed/) });
  });

  it("computes here what the committed digest says", async () => {
    const file = join(process.cwd(), EXPECTED_FILE);
    expect(existsSync(file)).toBe(true);
    const expected = PortableDigest.parse(JSON.parse(readFileSync(file, "utf8")));
    // After the model changed: npm run portable:digest -- --write
    expect(expected.manifestDigest).toBe(model.manifestDigest);
    expect(await portableDigest(EMBEDDED_MODEL)).toEqual(expected);
  });
});

describe("the check of shapes", () => {
  async function load(weights: "float" | 8 | 4, runtime: Runtime): Promise<Graph> {
    const { bytes, config } = randomGraph({
      export: { layout: "optimum", weights, float: "float32", positions: true },
    });
    return Graph.load(bytes, config, 1, runtime);
  }

  it("passes floating-point weights in groups, and refuses them token by token", async () => {
    await checkShapes(await load("float", PORTABLE));
    await expect(checkShapes(await load("float", { ...PORTABLE, group: 1 }))).rejects.toThrow(/at once/);
  });
});
