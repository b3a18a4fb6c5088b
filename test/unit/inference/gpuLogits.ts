/**
 * A program of its own, since only a new process finds another device: computes graphs by WebGPU and by the processor,
 * with many tokens at once, one and a few, and prints as JSON how far the logits lie apart. Its arguments are pairs of
 * a graph's file and the configuration's.
 */
import { readFileSync } from "node:fs";
import { Graph } from "../../../server/src/inference/graph/graph";
import { NATIVE } from "../../../server/src/inference/graph/runtime";
import { ModelConfig } from "../../../server/src/models/files/modelConfig";

/** What came of one graph. */
export interface Compared {
  readonly provider: string;
  readonly fallback: string | null;
  /** Largest difference of any logit. */
  readonly difference: number;
}

async function compare(graphFile: string, configFile: string): Promise<Compared> {
  const bytes = readFileSync(graphFile);
  const config = ModelConfig.parse(JSON.parse(readFileSync(configFile, "utf8")));
  const processor = await Graph.load(bytes, config, 1);
  const graphics = await Graph.load(bytes, config, 1, NATIVE, "webgpu");
  const [expected, found] = [processor.emptyCache(), graphics.emptyCache()];
  let difference = 0;
  for (const count of [16, 1, 5]) {
    const ids = Array.from({ length: count }, (_, index) => (found.positions + index) * 37);
    const theirs = await processor.run(ids, expected);
    for (const [index, logit] of (await graphics.run(ids, found)).entries()) {
      difference = Math.max(difference, Math.abs(logit - (theirs[index] ?? Number.NaN)));
    }
  }
  const { provider, fallback } = graphics;
  await processor.release();
  await graphics.release();
  return { provider, fallback, difference };
}

async function main(): Promise<void> {
  const files = process.argv.slice(2);
  const compared: Compared[] = [];
  while (files.length > 1) {
    compared.push(await compare(...(files.splice(0, 2) as [string, string])));
  }
  console.log(JSON.stringify(compared));
}

void main();
