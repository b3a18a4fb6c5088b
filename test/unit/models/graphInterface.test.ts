import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { InferenceSession } from "onnxruntime-node";
import { afterAll, describe, expect, it } from "vitest";
import { graphInterface } from "../../../server/src/models/files/graphInterface";
import { readOnnx } from "../../../server/src/models/files/onnxFile";
import { writePin } from "../../../server/src/models/pin/writePin";
import { ARCHITECTURES, type Export, SMALL } from "../../support/models/decoder";
import { EMBEDDED_MODEL, writeModelFolder } from "../../support/models/modelFolder";
import { Graph as GraphFile, writeModel } from "../../support/models/onnx";
import { randomGraph } from "../inference/randomGraph";

const OPTIMUM: Export = { layout: "optimum", weights: "float", float: "float32", positions: true };
const GENAI: Export = { layout: "genai", weights: "float", float: "float32" };
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "proofline-interface-"));
  folders.push(folder);
  return folder;
}

/** A graph with these inputs and outputs, which passes one on. */
function passing(build: (graph: GraphFile) => void): Uint8Array {
  const graph = new GraphFile("decoder");
  build(graph);
  const path = join(newFolder(), "model.onnx");
  writeModel(path, graph);
  return readFileSync(path);
}

describe("what a graph takes and gives", () => {
  it.each<[string, () => Uint8Array]>([
    ["the embedded model", () => readFileSync(join(EMBEDDED_MODEL, "onnx/model.onnx"))],
    ["the layout of Optimum", () => randomGraph({ export: OPTIMUM }).bytes],
    ["the layout of onnxruntime-genai", () => randomGraph({ export: GENAI }).bytes],
    ["half precision", () => randomGraph({ export: { ...GENAI, float: "float16", weights: 4 } }).bytes],
    ["a cache of bytes", () => randomGraph({ export: { ...OPTIMUM, cache: "uint8" } }).bytes],
    [
      "a branch and a choice",
      () => randomGraph({ export: { ...OPTIMUM, useCacheBranch: true, logitsToKeep: true } }).bytes,
    ],
  ])("is read as the runtime tells it: %s", async (_, bytes) => {
    const graph = bytes();
    const session = await InferenceSession.create(graph);
    expect(graphInterface(readOnnx(graph))).toEqual({
      inputs: session.inputMetadata,
      outputs: session.outputMetadata,
    });
    await session.release();
  });

  it("leaves out weights that an old file lists among the inputs", () => {
    const graph = passing((one) => {
      one.input("x", "float32", ["n"]);
      one.input("weight", "float32", [1]);
      one.weight("weight", "float32", [1], 4, () => new Uint8Array(4));
      one.node("Add", ["x", "weight"], {}, "y");
      one.output("y", "float32", ["n"]);
    });
    expect(graphInterface(readOnnx(graph))?.inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  it("is read from any bytes without harm", () => {
    const { bytes } = randomGraph({ export: OPTIMUM });
    const read = (some: Uint8Array): void => {
      try {
        graphInterface(readOnnx(some));
      } catch (error) {
        expect(error).toMatchObject({ message: expect.stringMatching(/^the graph is /) });
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), read));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => read(bytes.with(at, value))),
      { numRuns: 60 },
    );
  });
});

describe("pinning a folder", () => {
  it.each<[string, (graph: GraphFile) => void, string]>([
    [
      "without a cache",
      (graph) => {
        graph.input("input_ids", "int64", ["batch", "sequence"]);
        graph.node("Cast", ["input_ids"], { to: 1 }, "logits");
        graph.output("logits", "float32", ["batch", "sequence"]);
      },
      "the graph has no key-value cache: export it with past key values",
    ],
    [
      "of images",
      (graph) => {
        graph.input("pixel_values", "float32", ["batch", 3, 224, 224]);
        graph.node("Identity", ["pixel_values"], {}, "image");
        graph.output("image", "float32", ["batch", 3, 224, 224]);
      },
      "the graph wants pixel_values, which a decoder of text has not",
    ],
  ])("with a graph %s is refused, with the reason", async (_, build, reason) => {
    const folder = newFolder();
    writeModelFolder(folder, {
      architecture: ARCHITECTURES.qwen2,
      size: SMALL,
      seed: 1,
      family: "qwen2.5-coder/v1",
      export: OPTIMUM,
    });
    const graph = new GraphFile("decoder");
    build(graph);
    writeModel(join(folder, "onnx/model.onnx"), graph);
    await expect(writePin(folder)).rejects.toMatchObject({
      code: "model.file",
      reason: expect.stringContaining(reason),
      remedy: "exportModel",
    });
  });
});
