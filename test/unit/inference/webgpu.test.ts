import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Export } from "../../support/models/decoder";
import { softwareGpu } from "../../support/softwareGpu";
import type { Compared } from "./gpuLogits";
import { randomGraph } from "./randomGraph";

const OPTIMUM: Export = { layout: "optimum", weights: "float", float: "float32", positions: true };
const GENAI: Export = { layout: "genai", weights: "float", float: "float32" };

/** Half precision last: SwiftShader has none. */
const EXPORTS: readonly Export[] = [
  OPTIMUM,
  GENAI,
  { ...GENAI, weights: 8 },
  { ...OPTIMUM, weights: 4 },
  { ...OPTIMUM, cache: "int8" },
  { ...OPTIMUM, float: "float16" },
];

const gpu = softwareGpu();
const root = join(import.meta.dirname, "..", "..", "..");
let folder = "";

beforeAll(async () => {
  mkdirSync(join(root, "out", "test"), { recursive: true });
  // Below the clone, where the program finds the runtime.
  folder = mkdtempSync(join(root, "out", "test", "webgpu-"));
  await build({
    entryPoints: [join(import.meta.dirname, "gpuLogits.ts")],
    outfile: join(folder, "gpuLogits.js"),
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["onnxruntime-*"],
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.skipIf(gpu === null)(
  "WebGPU gives the logits of the processor, in every layout and precision that the device has",
  () => {
    const files = EXPORTS.flatMap((exported, index) => {
      const { bytes, config } = randomGraph({ export: exported });
      const [graph, json] = [join(folder, `${index}.onnx`), join(folder, `${index}.json`)];
      writeFileSync(graph, bytes);
      writeFileSync(json, JSON.stringify(config));
      return [graph, json];
    });
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, "gpuLogits.js"), ...files], {
      encoding: "utf8",
      env: { ...process.env, ...gpu },
    });
    expect(status, stderr).toBe(0);
    const compared: readonly Compared[] = JSON.parse(stdout);
    expect(compared).toHaveLength(EXPORTS.length);
    for (const one of compared.slice(0, -1)) {
      expect(one).toMatchObject({ provider: "webgpu", fallback: null });
      expect(one.difference).toBeGreaterThan(0);
      expect(one.difference).toBeLessThan(1e-4);
    }
    // It shows only when the graph is run.
    const half = compared.at(-1);
    expect(half).toMatchObject({ provider: "cpu", difference: 0 });
    expect(half?.fallback).toMatch(
      /^WebGPU could not be used \(.*f16.*\), so the processor runs the model\.$/,
    );
  },
  300_000,
);
