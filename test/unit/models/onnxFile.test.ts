import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { externalDataOf, nodesOf } from "../../../server/src/models/files/onnxFile";
import { externalPaths } from "../../../server/src/models/files/weights";
import { ARCHITECTURES, SMALL } from "../../support/models/decoder";
import { EMBEDDED_MODEL, writeModelFolder } from "../../support/models/modelFolder";
import { unusableGraph } from "../../support/models/onnx";

describe("the external data of a graph", () => {
  let folder: string;
  let graph: Buffer;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "proofline-onnx-"));
    writeModelFolder(folder, {
      architecture: ARCHITECTURES.llama,
      family: "codellama/v1",
      size: SMALL,
      seed: 1,
      externalData: true,
      export: { layout: "genai", weights: 4, float: "float16" },
    });
    graph = readFileSync(join(folder, "model.onnx"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is what its tensors name, and nothing where they hold their own", () => {
    expect(externalDataOf(graph)).toEqual(["model.onnx.data"]);
    expect(externalDataOf(readFileSync(join(EMBEDDED_MODEL, "onnx/model.onnx")))).toEqual([]);
    expect(externalDataOf(new Uint8Array(0))).toEqual([]);
  });

  it("is found in the constants of nodes and in graphs inside graphs", () => {
    const field = (number: number, content: Uint8Array): Buffer =>
      Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
    const entry = Buffer.concat([field(1, Buffer.from("location")), field(2, Buffer.from("deep.bin"))]);
    const tensor = field(13, entry);
    const constant = field(1, field(5, field(5, tensor)));
    const branch = field(1, field(5, field(6, constant)));
    for (const model of [field(7, constant), field(7, branch), field(7, field(15, field(1, tensor)))]) {
      expect(externalDataOf(model)).toEqual(["deep.bin"]);
    }
  });

  it("is refused outside the model's folder", () => {
    for (const location of ["../model.onnx_data", "/etc/passwd", "a/../../../x", "..\\x"]) {
      expect(() => externalPaths("model.onnx", unusableGraph("x", location))).toThrow(/outside/);
    }
    expect(() => externalPaths("onnx/model.onnx", unusableGraph("x", "../../data.bin"))).toThrow(/outside/);
    expect(externalPaths("onnx/model.onnx", unusableGraph("x", "data/0.bin"))).toEqual([
      { location: "data/0.bin", path: "onnx/data/0.bin" },
    ]);
  });

  it("is read from any bytes without harm: names, or an error", () => {
    const read = (bytes: Uint8Array): void => {
      try {
        for (const name of externalDataOf(bytes)) {
          expect(typeof name).toBe("string");
        }
        for (const { operator } of nodesOf(bytes)) {
          expect(typeof operator).toBe("string");
        }
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect(error).not.toBeInstanceOf(RangeError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), read));
    fc.assert(
      fc.property(fc.nat(graph.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(graph);
        changed[at] = value;
        read(changed);
        read(graph.subarray(0, at));
      }),
    );
  });
});
