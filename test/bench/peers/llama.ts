import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BenchEngine, EngineParameters, Timing } from "./engine";

/** What is used of node-llama-cpp. */
interface NodeLlamaCpp {
  getLlama(options: {
    gpu: false;
    build: "never";
    skipDownload: true;
    logLevel: "error";
    maxThreads: number;
  }): Promise<{
    readonly llamaCppRelease: { readonly release: string };
    loadModel(options: { modelPath: string }): Promise<{
      createContext(options: { contextSize: number; threads: number }): Promise<{
        getSequence(): LlamaSequence;
      }>;
    }>;
  }>;
}

interface LlamaSequence {
  readonly nextTokenIndex: number;
  compareContextTokens(tokens: readonly number[]): { readonly firstDifferentIndex: number };
  eraseContextTokenRanges(ranges: readonly { start: number; end: number }[]): Promise<void>;
  clearHistory(): Promise<void>;
  evaluate(
    tokens: readonly number[],
    options: { temperature: 0; yieldEogToken: true },
  ): AsyncIterable<number>;
  controlledEvaluate(
    input: readonly (readonly [number, { generateNext: { probabilities: true } }])[],
  ): Promise<readonly { readonly next: { readonly probabilities: ReadonlyMap<number, number> } }[]>;
}

/** llama.cpp through node-llama-cpp: one context, one sequence, everything else as it comes. */
export async function loadLlama({ model, threads, packages }: EngineParameters): Promise<BenchEngine> {
  const require = createRequire(join(packages, "package.json"));
  const folder = join(packages, "node_modules", "node-llama-cpp");
  const library: NodeLlamaCpp = await import(pathToFileURL(require.resolve("node-llama-cpp")).href);
  const { version }: { version: string } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const llama = await library.getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    logLevel: "error",
    maxThreads: threads,
  });
  const loaded = await llama.loadModel({ modelPath: model.path });
  const context = await loaded.createContext({ contextSize: model.context, threads });
  const sequence = context.getSequence();

  const suggest = async (ids: readonly number[], count: number): Promise<Timing> => {
    const started = performance.now();
    const shared = Math.min(sequence.compareContextTokens(ids).firstDifferentIndex, ids.length - 1);
    if (shared < sequence.nextTokenIndex) {
      await sequence.eraseContextTokenRanges([{ start: shared, end: sequence.nextTokenIndex }]);
    }
    const tokens: number[] = [];
    let first = 0;
    for await (const token of sequence.evaluate(ids.slice(shared), { temperature: 0, yieldEogToken: true })) {
      tokens.push(token);
      if (tokens.length === 1) {
        first = performance.now() - started;
      }
      if (tokens.length === count) {
        break;
      }
    }
    return { first, last: performance.now() - started, tokens };
  };

  return {
    version: `node-llama-cpp ${version} (llama.cpp ${llama.llamaCppRelease.release})`,
    suggest,
    forget: () => sequence.clearHistory(),
    async generate(ids, count) {
      await sequence.clearHistory();
      return suggest(ids, count);
    },
    async logProbabilities(ids) {
      await sequence.clearHistory();
      const evaluated = await sequence.controlledEvaluate(
        ids.map((id) => [id, { generateNext: { probabilities: true } }]),
      );
      return evaluated.map(({ next: { probabilities } }) => {
        const row = new Float32Array(probabilities.size).fill(Number.NEGATIVE_INFINITY);
        for (const [token, probability] of probabilities) {
          row[token] = Math.log(probability);
        }
        return row;
      });
    },
  };
}
