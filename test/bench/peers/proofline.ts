import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Graph } from "../../../server/src/inference/graph/graph";
import { prefill } from "../../../server/src/inference/graph/prefill";
import { NATIVE } from "../../../server/src/inference/graph/runtime";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { HeldFile } from "../../../server/src/models/files/heldFile";
import { ModelConfig } from "../../../server/src/models/files/modelConfig";
import { DEFAULT_PROVIDER } from "../../../server/src/protocol/executionProvider";
import type { BenchEngine, EngineParameters, Timing } from "./engine";
import { largestIndex, logSoftmax } from "./logits";

/** Proofline's own engine: its graph, its kept sequence and its way to read prompts; no drafting. */
export async function loadProofline({ model, threads }: EngineParameters): Promise<BenchEngine> {
  const config = ModelConfig.parse(JSON.parse(readFileSync(join(model.path, "config.json"), "utf8")));
  const graph = await loadGraph(join(model.path, "onnx", "model.onnx"), config, threads);
  let sequence = new Sequence(graph);

  const suggest = async (ids: readonly number[], count: number): Promise<Timing> => {
    const started = performance.now();
    const unread = ids.slice(sequence.rewindTo(ids, ids.length - 1));
    let pending = (await prefill(sequence, unread, () => false)) ?? [];
    const tokens: number[] = [];
    let first = 0;
    while (tokens.length < count) {
      const logits = await sequence.append(pending, "last");
      const token = largestIndex(logits.subarray(-graph.vocabularySize));
      tokens.push(token);
      if (tokens.length === 1) {
        first = performance.now() - started;
      }
      pending = [token];
    }
    return { first, last: performance.now() - started, tokens };
  };
  const forget = async (): Promise<void> => {
    sequence = new Sequence(graph);
  };

  return {
    version: `Proofline (onnxruntime-node ${runtimeVersion()})`,
    suggest,
    forget,
    async generate(ids, count) {
      await forget();
      return suggest(ids, count);
    },
    async check(prompt, answer) {
      await forget();
      await prefill(sequence, prompt, () => false);
      await sequence.append(prompt.slice(sequence.length));
      const started = performance.now();
      await sequence.append(answer);
      return performance.now() - started;
    },
    async logProbabilities(ids) {
      await forget();
      const logits = await sequence.append(ids);
      const size = graph.vocabularySize;
      return ids.map((_, row) => logSoftmax(logits.subarray(row * size, (row + 1) * size)));
    },
  };
}

/** As for a pinned model: the file is read and hashed, then read once more by the runtime. */
async function loadGraph(path: string, config: ModelConfig, threads: number): Promise<Graph> {
  const handle = await open(path);
  try {
    const held = await HeldFile.hold(handle);
    const bytes = await handle.readFile();
    createHash("sha256").update(bytes).digest();
    return await Graph.load(bytes, config, threads, NATIVE, DEFAULT_PROVIDER, held);
  } finally {
    await handle.close();
  }
}

function runtimeVersion(): string {
  const path = join(process.cwd(), "node_modules", "onnxruntime-node", "package.json");
  const { version }: { version: string } = JSON.parse(readFileSync(path, "utf8"));
  return version;
}
