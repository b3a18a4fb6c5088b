import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../../../server/src/inference/engine/loadedModel";
import { Graph } from "../../../server/src/inference/graph/graph";
import { PORTABLE, type Runtime } from "../../../server/src/inference/graph/runtime";
import { MODEL_CONFIG_FILE, ModelConfig } from "../../../server/src/models/files/modelConfig";

/** TensorProto.DataType.INT8 */
const INT8 = 3;

/** The pinned model's kernels replaced by WebAssembly's, while everything else says `native/v1`: another CPU's stand-in. */
const OTHER_KERNELS: Runtime = { ...PORTABLE, profile: "native/v1" };

/** The model on other kernels: everything else is as it was. */
export async function otherKernels(model: Model, folder: string, threads: number): Promise<Model> {
  return {
    ...model,
    graph: await Graph.load(graphOf(model, folder), configOf(folder), threads, OTHER_KERNELS),
  };
}

/** A model that claims the same pin, with every weight of 8 bits changed. */
export async function withOtherWeights(
  model: Model,
  folder: string,
  threads: number,
  change: (weight: number) => number,
): Promise<Model> {
  const weights = withWeights(graphOf(model, folder), (weight) => clamp(Math.round(change(weight))));
  return { ...model, graph: await Graph.load(weights, configOf(folder), threads) };
}

/** A model that claims the same pin, with the weights of another graph of the same shape. */
export async function withOtherGraph(
  model: Model,
  folder: string,
  threads: number,
  graph: string,
): Promise<Model> {
  return { ...model, graph: await Graph.load(readFileSync(graph), configOf(folder), threads) };
}

/** Only for graphs in one file. */
function graphOf({ manifest }: Model, folder: string): Uint8Array {
  return readFileSync(join(folder, manifest.execution.graph));
}

function configOf(folder: string): ModelConfig {
  return ModelConfig.parse(JSON.parse(readFileSync(join(folder, MODEL_CONFIG_FILE), "utf8")));
}

function clamp(weight: number): number {
  return Math.max(-127, Math.min(127, weight));
}

/** A copy of an ONNX file (onnx.proto3) with every weight of 8 bits changed. Throws when it has none. */
export function withWeights(file: Uint8Array, change: (weight: number) => number): Uint8Array {
  const copy = Uint8Array.from(file);
  let changed = 0;
  // ModelProto.graph = 7, GraphProto.initializer = 5, TensorProto.data_type = 2 and raw_data = 9
  for (const graph of fields(copy, 7)) {
    for (const tensor of fields(graph.bytes, 5)) {
      const isInt8 = [...fields(tensor.bytes, 2)].some(({ value }) => value === INT8);
      if (!isInt8) {
        continue;
      }
      for (const { bytes } of fields(tensor.bytes, 9)) {
        const weights = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
        for (const [index, weight] of weights.entries()) {
          weights[index] = change(weight);
        }
        changed += weights.length;
      }
    }
  }
  if (changed === 0) {
    throw new Error("the graph has no weights of 8 bits");
  }
  return copy;
}

interface Field {
  readonly value: number;
  readonly bytes: Uint8Array;
}

/** The fields with one number in a protocol buffers message; `bytes` is a view, empty for numbers. */
function* fields(message: Uint8Array, wanted: number): Generator<Field> {
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
    }
  };
  while (at < message.length) {
    const key = number();
    const type = key & 7;
    const value = type === 0 || type === 2 ? number() : 0;
    const length = type === 2 ? value : type === 1 ? 8 : type === 5 ? 4 : 0;
    if (Math.floor(key / 8) === wanted) {
      yield { value, bytes: message.subarray(at, at + length) };
    }
    at += length;
  }
}
