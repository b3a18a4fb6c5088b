/**
 * `npm run bench -- --peers [MODEL…]`: our engine beside transformers.js and llama.cpp on the same weights, prompts,
 * token counts and threads, in one run.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { load, machine } from "../machine";
import { measureBandwidth } from "./bandwidth";
import { compare } from "./comparison";
import { type EndToEnd, measureEndToEnd } from "./endToEnd";
import { installPeers } from "./installPeers";
import { MODEL_NAMES, type ModelName, prepareModel } from "./models";
import { jsonReport, markdownTable, type Report } from "./table";

const RESULTS = join(import.meta.dirname, "..", "..", "..", "out", "bench");
const ROUNDS: Readonly<Record<ModelName, number>> = { embedded: 9, "qwen2-8bit": 3, "qwen2-4bit": 3 };

export async function benchPeers(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !MODEL_NAMES.some((known) => known === name));
  if (unknown.length > 0) {
    throw new Error(`There is no model ${unknown.join(", ")}; there are ${MODEL_NAMES.join(", ")}.`);
  }
  const packages = await installPeers(console.log);
  const threads = Math.min(4, availableParallelism());
  for (const name of MODEL_NAMES.filter((known) => wanted.length === 0 || wanted.includes(known))) {
    const model = prepareModel(name, console.log);
    const loadBefore = load();
    const bandwidth = await measureBandwidth(threads);
    const endToEnd = name === "embedded" ? await measureEndToEnd(threads) : null;
    const comparison = await compare(model, endToEnd?.places ?? [], ROUNDS[name], { threads, packages });
    const report: Report = { model, comparison, endToEnd, threads, bandwidth };
    print(report);
    const loads = { before: loadBefore, after: load() };
    console.log(`Load of the machine: ${loads.before ?? "?"} before, ${loads.after ?? "?"} after.`);
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(join(RESULTS, `peers-${name}.json`), jsonReport(report, { ...machine(), loads }));
  }
}

function print(report: Report): void {
  const { model, comparison, endToEnd, threads, bandwidth } = report;
  console.log(`\n### ${model.title}, ${threads} threads\n`);
  for (const { side, version } of comparison.results) {
    console.log(`- ${side.name}: ${version}`);
  }
  console.log(`- memory read by ${threads} threads: ${(bandwidth / 1e9).toFixed(1)} GB/s`);
  for (const { side, positions, sameFirstChoice, largestDifference } of comparison.agreements) {
    console.log(
      `- ${side} agrees with ours: same first choice at ${sameFirstChoice} of ${positions} positions, ` +
        `log-probabilities of our ten likeliest within ${largestDifference.toPrecision(2)}`,
    );
  }
  console.log(`\n${markdownTable(report)}`);
  const checked = [...(comparison.results[0]?.checked ?? [])].map(
    ([length, share]) => `${length} tokens ${(100 * share.percentile(0.5)).toFixed(0)}%`,
  );
  console.log(`\nA replay, of what generating as many tokens takes: ${checked.join(", ")}.`);
  if (endToEnd !== null) {
    console.log(`\n${describe(endToEnd)}`);
  }
}

function describe({ cold, warm, promptTokens, tokens }: EndToEnd): string {
  const share = warm.percentile(0.5) / cold.percentile(0.5);
  return [
    `Our engine from request to suggestion, the same places (worker, tokenizer, rules and trim chain included;`,
    `${promptTokens.percentile(0.5)} prompt tokens, ${tokens.percentile(0.5)} written): cold ${cold.describe("ms")};`,
    `one more keystroke ${warm.describe("ms")}, ${share.toFixed(2)} of cold.`,
  ].join(" ");
}
