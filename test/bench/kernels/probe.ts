/**
 * What one variant computes, told to a file: run by itself, so that it can run under another processor, too.
 *
 *     node kernelProbe.js REQUEST RESULT
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rowsStandAlone } from "../../../server/src/inference/graph/batchInvariance";
import { Graph } from "../../../server/src/inference/graph/graph";
import { NATIVE, PORTABLE } from "../../../server/src/inference/graph/runtime";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { ModelConfig } from "../../../server/src/models/files/modelConfig";
import { largestIndex, logSoftmax } from "../peers/logits";
import {
  differenceOf,
  type OtherChoices,
  type ProbeRequest,
  type ProbeResult,
  rowsOf,
  type ShapeResult,
} from "./probing";

const THREADS = 2;
const ROWS = [1, 8, 64] as const;

async function main(): Promise<void> {
  const [requestPath = "", resultPath = ""] = process.argv.slice(2);
  const request: ProbeRequest = JSON.parse(readFileSync(requestPath, "utf8"));
  writeFileSync(resultPath, JSON.stringify(await probe(request)));
}

async function probe(request: ProbeRequest): Promise<ProbeResult> {
  const { folder, windows, shapes, logits, others } = request;
  const config = ModelConfig.parse(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")));
  const graph = await Graph.load(
    readFileSync(join(folder, "onnx", "model.onnx")),
    config,
    THREADS,
    request.kernels === "native" ? NATIVE : { ...PORTABLE, group: 1 },
  );
  const size = graph.vocabularySize;
  const bits: number[] = [];
  const choices: number[][] = [];
  const compared = new Map<string, OtherChoices>();
  for (const [index, window] of windows.entries()) {
    const rows = rowsOf(await new Sequence(graph).append(window), size);
    if (index === 0 && logits !== null) {
      writeFileSync(logits.path, Buffer.concat(rows.slice(0, logits.tokens).map(bytesOf)));
    }
    bits.push(lossOf(rows, window));
    choices.push(rows.map(largestIndex));
    for (const [name, theirs] of Object.entries(others)) {
      const chosen = theirs[index];
      if (chosen !== undefined) {
        compared.set(name, withRows(compared.get(name), rows, chosen));
      }
    }
  }
  return {
    bits,
    choices,
    standsAlone: await rowsStandAlone(graph),
    shapes: shapes.length === 0 ? [] : await shapesOf(graph, shapes),
    others: Object.fromEntries(compared),
  };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Mean bits of every token but the first, given those before it. */
function lossOf(rows: readonly Float32Array[], window: readonly number[]): number {
  const losses = window.slice(1).map((token, at) => {
    const row = rows[at];
    return row === undefined ? Number.NaN : -(logSoftmax(row)[token] ?? Number.NaN) / Math.LN2;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function withRows(
  before: OtherChoices = { positions: 0, different: 0, furthestBehind: 0 },
  rows: readonly Float32Array[],
  theirs: readonly number[],
): OtherChoices {
  let { different, furthestBehind } = before;
  for (const [at, row] of rows.entries()) {
    const [own, other] = [largestIndex(row), theirs[at] ?? -1];
    if (own !== other) {
      different += 1;
      furthestBehind = Math.max(furthestBehind, (row[own] ?? 0) - (row[other] ?? 0));
    }
  }
  return { positions: before.positions + rows.length, different, furthestBehind };
}

async function shapesOf(graph: Graph, ids: readonly number[]): Promise<ShapeResult[]> {
  const whole = (await new Sequence(graph).append(ids)).slice();
  const results: ShapeResult[] = [];
  for (const rows of ROWS) {
    const sequence = new Sequence(graph);
    const parts = new Float32Array(whole.length);
    for (let start = 0; start < ids.length; start += rows) {
      parts.set(await sequence.append(ids.slice(start, start + rows)), start * graph.vocabularySize);
    }
    results.push({ rows, ...differenceOf(whole, parts, graph.vocabularySize) });
  }
  return results;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
