import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tensor } from "onnxruntime-common";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { writesCacheInPlace } from "../../../server/src/inference/graph/cacheInPlace";
import { Graph } from "../../../server/src/inference/graph/graph";
import { KvCache } from "../../../server/src/inference/graph/kvCache";
import { NATIVE } from "../../../server/src/inference/graph/runtime";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import type { CachePart } from "../../../server/src/models/files/graphLayout";
import { readOnnx } from "../../../server/src/models/files/onnxFile";
import { type Export, SMALL } from "../../support/models/decoder";
import { Graph as GraphFile, writeModel } from "../../support/models/onnx";
import { randomGraph } from "./randomGraph";

vi.setConfig({ testTimeout: 60_000 });
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

const IDS = Array.from({ length: 400 }, (_, index) => (index * 37) % SMALL.vocabulary);
const GENAI: Export = { layout: "genai", weights: "float", float: "float32" };

const made = (exported: Export) => randomGraph({ export: exported });

const partsOf = (layers: number): CachePart[] =>
  Array.from({ length: layers }, (_, layer) =>
    ["key", "value"].map(
      (part): CachePart => ({
        past: `past_key_values.${layer}.${part}`,
        present: `present.${layer}.${part}`,
        element: "float32",
        heads: 1,
        size: 1,
      }),
    ),
  ).flat();

describe("a graph that writes its cache in place", () => {
  it("is one whose cache only GroupQueryAttention sees", () => {
    expect(writesCacheInPlace(readOnnx(made(GENAI).bytes).nodes, partsOf(SMALL.layers))).toBe(true);
    expect(
      writesCacheInPlace(readOnnx(made({ ...GENAI, weights: 8 }).bytes).nodes, partsOf(SMALL.layers)),
    ).toBe(true);
    const optimum = made({ layout: "optimum", weights: "float", float: "float32", positions: true });
    expect(writesCacheInPlace(readOnnx(optimum.bytes).nodes, partsOf(SMALL.layers))).toBe(false);
    // A part that no node has, and one that belongs to another output.
    expect(writesCacheInPlace(readOnnx(made(GENAI).bytes).nodes, partsOf(SMALL.layers + 1))).toBe(false);
    const [key, value] = partsOf(1);
    if (key === undefined || value === undefined) {
      throw new Error("a layer has two parts");
    }
    const crossed = [{ ...key, present: value.present }];
    expect(writesCacheInPlace(readOnnx(made(GENAI).bytes).nodes, crossed)).toBe(false);
  });

  it("is none where another node reads the size of what is past", () => {
    const folder = mkdtempSync(join(tmpdir(), "proofline-cache-"));
    folders.push(folder);
    const file = (reads: boolean): Uint8Array => {
      const graph = new GraphFile("decoder");
      graph.nodes(
        "com.microsoft:GroupQueryAttention",
        ["q", "k", "v", "past_key_values.0.key", "past_key_values.0.value", "lengths", "length"],
        ["attended", "present.0.key", "present.0.value"],
        {},
      );
      if (reads) {
        graph.node("Shape", ["past_key_values.0.key"]);
      }
      const path = join(folder, "model.onnx");
      writeModel(path, graph);
      return readFileSync(path);
    };
    expect(writesCacheInPlace(readOnnx(file(false)).nodes, partsOf(1))).toBe(true);
    expect(writesCacheInPlace(readOnnx(file(true)).nodes, partsOf(1))).toBe(false);
  });
});

describe.each<[string, Export]>([
  ["whole numbers", GENAI],
  ["half precision", { ...GENAI, float: "float16", weights: 4 }],
  ["weights of 8 bits", { ...GENAI, weights: 8, accuracyLevel: 4 }],
])("a cache in place, with %s", (_, exported) => {
  let place: Graph;
  let apart: Graph;
  beforeAll(async () => {
    const { bytes, config } = made(exported);
    place = await Graph.load(bytes, config, 1);
    apart = await Graph.load(bytes, config, 1, { ...NATIVE, writesInPlace: false });
  });
  afterAll(async () => {
    await place.release();
    await apart.release();
  });

  it("gives the same bits as one that is handed on, through growth, rewinding and copies", async () => {
    let sequences = [new Sequence(place), new Sequence(apart)] as const;
    const append = async (count: number): Promise<void> => {
      const [ours, theirs] = sequences;
      const ids = IDS.slice(ours.length, ours.length + count);
      const [logits, expected] = [await ours.append(ids), await theirs.append(ids)];
      expect(logits).toHaveLength(expected.length);
      expect(logits.every((logit, index) => Object.is(logit, expected[index]))).toBe(true);
      expect(ours.length).toBe(theirs.length);
    };
    const both = (change: (sequence: Sequence) => Sequence): void => {
      sequences = [change(sequences[0]), change(sequences[1])];
    };
    const rewound = (length: number) => (sequence: Sequence) => {
      sequence.rewind(length);
      return sequence;
    };
    for (const count of [50, 1, 1, 75, 1, 1, 200, 1]) {
      await append(count);
    }
    both(rewound(100));
    for (const count of [1, 1, 30]) {
      await append(count);
    }
    const originals = sequences;
    both((sequence) => sequence.copy(120));
    for (const count of [1, 20]) {
      await append(count);
    }
    sequences = originals;
    for (const count of [1, 5]) {
      await append(count);
    }
    both(rewound(0));
    for (const count of [3, 1]) {
      await append(count);
    }
  });

  it("takes no memory beyond its own", async () => {
    const sequence = new Sequence(place);
    await sequence.append(IDS.slice(0, 100));
    const { bytes } = sequence;
    for (const id of IDS.slice(100, 120)) {
      await sequence.append([id]);
    }
    expect(sequence.bytes).toBe(bytes);
    await sequence.append(IDS.slice(120, 140));
    expect(sequence.bytes).toBe(2 * bytes);
  });
});

describe("what a run's outputs replace", () => {
  const parts = partsOf(1);
  const canFree = "transfer" in ArrayBuffer.prototype;
  const outputsOf = (positions: number): Record<string, Tensor> =>
    Object.fromEntries(
      parts.map(({ present }) => [
        present,
        new Tensor("float32", new Float32Array(positions).fill(positions), [1, 1, positions, 1]),
      ]),
    );
  const sizes = (outputs: Record<string, Tensor>): number[] =>
    Object.values(outputs).map(({ data }) => (data as Float32Array).length);

  it("is given back at once, but nothing that a copy or a later run needs", () => {
    const cache = new KvCache({ parts, Tensor, inPlace: false });
    const [first, second] = [outputsOf(3), outputsOf(4)];
    cache.take(first, 3);
    const copy = cache.copy(2);
    cache.take(second, 1);
    expect(sizes(first)).toEqual(canFree ? [0, 0] : [3, 3]);
    expect(sizes(second)).toEqual([4, 4]);
    for (const { data } of Object.values(cache.inputs(1))) {
      expect([...data]).toEqual([4, 4, 4, 4]);
    }
    for (const { data } of Object.values(copy.inputs(1))) {
      expect([...data]).toEqual([3, 3]);
    }
  });

  it("leaves alone what lies in place", () => {
    const cache = new KvCache({ parts, Tensor, inPlace: true });
    const inputs = cache.inputs(2);
    for (const { data } of Object.values(inputs)) {
      (data as Float32Array).fill(7);
    }
    const copies = outputsOf(2);
    cache.take(copies, 2);
    expect(sizes(copies)).toEqual(canFree ? [0, 0] : [2, 2]);
    const kept = cache.inputs(1);
    cache.take(Object.fromEntries(parts.map(({ past, present }) => [present, kept[past] as Tensor])), 1);
    for (const { data } of Object.values(cache.inputs(1))) {
      expect(data[0]).toBe(7);
    }
  });
});
