import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { Graph } from "../../../server/src/inference/graph/graph";
import { NATIVE } from "../../../server/src/inference/graph/runtime";
import { ModelConfig } from "../../../server/src/models/files/modelConfig";
import { readOnnx } from "../../../server/src/models/files/onnxFile";
import { EXECUTION_PROVIDERS } from "../../../server/src/protocol/executionProvider";
import { ARCHITECTURES, type Export, SMALL } from "../../support/models/decoder";
import { writeModelFolder } from "../../support/models/modelFolder";
import { randomGraph } from "./randomGraph";

vi.setConfig({ testTimeout: 60_000 });
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

const IDS = Array.from({ length: 40 }, (_, index) => (index * 37) % SMALL.vocabulary);

async function load(parameters: Parameters<typeof randomGraph>[0]): Promise<Graph> {
  const { bytes, config } = randomGraph(parameters);
  return Graph.load(bytes, config, 1);
}

/** The logits of all ids in one run, and the largest difference to those of runs of several lengths. */
async function inOneAndInMany(graph: Graph): Promise<{ logits: Float32Array; difference: number }> {
  const logits = await graph.run(IDS, graph.emptyCache());
  const cache = graph.emptyCache();
  let at = 0;
  let difference = 0;
  for (const count of [7, 1, 1, 13, 1, 17]) {
    const step = await graph.run(IDS.slice(at, at + count), cache);
    for (const [index, logit] of step.entries()) {
      const other = logits[at * graph.vocabularySize + index] ?? Number.NaN;
      difference = Math.max(difference, Math.abs(logit - other));
    }
    at += count;
  }
  return { logits, difference };
}

const OPTIMUM: Export = { layout: "optimum", weights: "float", float: "float32", positions: true };
const GENAI: Export = { layout: "genai", weights: "float", float: "float32" };

describe("a decoder graph", () => {
  it.each(Object.keys(ARCHITECTURES) as (keyof typeof ARCHITECTURES)[])(
    "of %s gives the same logits in both layouts, and with or without a cache",
    async (name) => {
      const architecture = ARCHITECTURES[name];
      const size = name === "gemma" ? { ...SMALL, headSize: 256, keyValueHeads: 1 } : SMALL;
      const answers = [];
      for (const exported of [OPTIMUM, { ...OPTIMUM, positions: false }, GENAI]) {
        const graph = await load({ architecture, size, export: exported });
        expect(graph.vocabularySize).toBe(size.vocabulary);
        const answer = await inOneAndInMany(graph);
        expect(answer.difference).toBeLessThan(1e-4);
        answers.push(answer.logits);
        await graph.release();
      }
      const [first, ...others] = answers;
      for (const other of others) {
        for (const [index, logit] of other.entries()) {
          expect(Math.abs(logit - (first?.[index] ?? 0))).toBeLessThan(1e-3);
        }
      }
    },
  );

  it("that can be told which logits are wanted gives only those", async () => {
    const graph = await load({ export: { ...OPTIMUM, logitsToKeep: true } });
    const all = await graph.run(IDS, graph.emptyCache());
    const last = await graph.run(IDS, graph.emptyCache(), "last");
    expect(last).toHaveLength(SMALL.vocabulary);
    expect(all.slice(-SMALL.vocabulary)).toEqual(last);
    expect(await graph.run(IDS, graph.emptyCache())).toEqual(all);
    await graph.release();
  });

  it("has its external data from memory, and nothing from the folder that the process runs in", async () => {
    const folder = mkdtempSync(join(tmpdir(), "proofline-layout-"));
    folders.push(folder);
    const parameters = {
      architecture: ARCHITECTURES.qwen2,
      size: SMALL,
      seed: 1,
      family: "qwen2.5-coder/v1",
      export: OPTIMUM,
    } as const;
    writeModelFolder(folder, { ...parameters, externalData: true });
    const config = ModelConfig.parse(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")));
    const [graph, data] = ["onnx/model.onnx", "onnx/model.onnx_data"].map((path) =>
      readFileSync(join(folder, path)),
    );
    if (graph === undefined || data === undefined) {
      throw new Error("there are two files");
    }
    expect(readOnnx(graph).external).toEqual(["model.onnx_data"]);
    const whole = await load(parameters);
    const apart = await Graph.load({ graph, external: [{ path: "model.onnx_data", data }] }, config, 1);
    expect(await apart.run(IDS, apart.emptyCache())).toEqual(await whole.run(IDS, whole.emptyCache()));
    const before = process.cwd();
    process.chdir(join(folder, "onnx"));
    try {
      await expect(Graph.load(graph, config, 1)).rejects.toThrow("model.onnx_data is missing");
    } finally {
      process.chdir(before);
    }
  });

  it.each(EXECUTION_PROVIDERS.filter((provider) => provider !== "cpu"))(
    "runs on the processor where %s cannot be used, and says why",
    async (provider) => {
      const { bytes, config } = randomGraph({ export: OPTIMUM });
      const graph = await Graph.load(bytes, config, 1, NATIVE, provider);
      if (graph.provider === "cpu") {
        expect(graph.fallback).toMatch(/so the processor runs the model/);
        // Where in its source the runtime found out is nothing for people.
        expect(graph.fallback).not.toMatch(/\.cc|\.h:|lambda/);
      } else {
        expect(graph).toMatchObject({ provider, fallback: null });
      }
      expect(await graph.run(IDS, graph.emptyCache())).toHaveLength(IDS.length * SMALL.vocabulary);
      await graph.release();
    },
  );

  it("of the processor needs no reason", async () => {
    const graph = await load({ export: OPTIMUM });
    expect(graph).toMatchObject({ provider: "cpu", fallback: null });
  });

  it.each<[string, Export, number]>([
    ["weights of 8 bits", { ...GENAI, weights: 8 }, 1e-4],
    ["weights of 4 bits", { ...GENAI, weights: 4 }, 1e-4],
    ["weights of 4 bits, in the other layout", { ...OPTIMUM, weights: 4 }, 1e-4],
    ["half precision", { ...OPTIMUM, float: "float16" }, 0.02],
    ["half precision, in the other layout", { ...GENAI, float: "float16", weights: 4 }, 0.02],
    ["a cache of half precision", { ...OPTIMUM, cache: "float16" }, 1e-3],
    ["a cache of signed bytes", { ...OPTIMUM, cache: "int8" }, 1e-4],
    ["a cache of unsigned bytes", { ...OPTIMUM, cache: "uint8" }, 1e-4],
    ["a branch for the first run", { ...OPTIMUM, useCacheBranch: true }, 1e-4],
    ["a choice of logits", { ...OPTIMUM, logitsToKeep: true }, 1e-4],
    ["the last logits only", { ...OPTIMUM, lastLogitsOnly: true }, 1e-4],
  ])("with %s runs, in one pass and token by token", async (_, exported, tolerance) => {
    const graph = await load({ export: exported });
    const { logits, difference } = await inOneAndInMany(graph);
    expect(logits).toHaveLength(IDS.length * SMALL.vocabulary);
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(Math.max(...logits.slice(0, SMALL.vocabulary))).toBeGreaterThan(0.1);
    expect(difference).toBeLessThan(tolerance);
    await graph.release();
  });
});
