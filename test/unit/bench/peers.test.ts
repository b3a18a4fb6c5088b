import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GGUF_BLOCK, writeGguf } from "../../bench/peers/gguf";
import { largestIndex, logSoftmax } from "../../bench/peers/logits";
import { readInitializers } from "../../bench/peers/onnxInitializers";
import { blocksOf4, blocksOf8 } from "../../bench/peers/qwenModel";
import { Graph, writeModel } from "../../support/models/onnx";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "proofline-peers-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A half-precision number that is not subnormal, from its bits. */
function half(bits: number): number {
  return (1024 + (bits & 1023)) * 2 ** (((bits >> 10) & 31) - 25);
}

describe("GGUF files", () => {
  it("hold what was written where the header says", () => {
    const path = join(folder, "small.gguf");
    const rows = Float32Array.from({ length: 64 }, (_, index) => index / 3);
    writeGguf(path, { "general.architecture": { text: "llama" }, "llama.block_count": { uint32: 7 } }, [
      {
        name: "a",
        type: "F32",
        dimensions: [3],
        make: () => new Uint8Array(Float32Array.of(1, 2, 3).buffer),
      },
      { name: "b", type: "F32", dimensions: [2, 32], make: () => new Uint8Array(rows.buffer) },
    ]);
    const file = readFileSync(path);
    let at = 4;
    const skip = (length: number): number => {
      at += length;
      return at - length;
    };
    const uint32 = (): number => file.readUInt32LE(skip(4));
    const uint64 = (): number => Number(file.readBigUInt64LE(skip(8)));
    const text = (): string => {
      const length = uint64();
      const start = skip(length);
      return file.toString("utf8", start, start + length);
    };
    expect(file.toString("latin1", 0, 4)).toBe("GGUF");
    expect([uint32(), uint64(), uint64()]).toEqual([3, 2, 2]);
    expect([text(), uint32(), text()]).toEqual(["general.architecture", 8, "llama"]);
    expect([text(), uint32(), uint32()]).toEqual(["llama.block_count", 4, 7]);
    expect([text(), uint32(), uint64(), uint32(), uint64()]).toEqual(["a", 1, 3, 0, 0]);
    // The contiguous axis comes first.
    expect([text(), uint32(), uint64(), uint64(), uint32(), uint64()]).toEqual(["b", 2, 32, 2, 0, 32]);
    const start = Math.ceil(at / 32) * 32;
    expect(file.readFloatLE(start + 4)).toBe(2);
    expect(file.subarray(start + 32)).toEqual(Buffer.from(rows.buffer));
  });

  it("refuse a tensor of another size than its dimensions", () => {
    const wrong = () =>
      writeGguf(join(folder, "wrong.gguf"), {}, [
        { name: "a", type: "Q8_0", dimensions: [32], make: () => new Uint8Array(33) },
      ]);
    expect(wrong).toThrow("a has a wrong size");
  });
});

describe("block-quantised weights", () => {
  const scale = fc.integer({ min: 1 << 10, max: 0x7bff }).map(half);

  it("keep the values of 8-bit codes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), scale, (codes, factor) => {
        const block = Buffer.from(blocksOf8(codes, Float32Array.of(factor)));
        expect(half(block.readUInt16LE(0))).toBe(factor);
        for (let index = 0; index < GGUF_BLOCK; index++) {
          expect(block.readInt8(2 + index)).toBe((codes[index] ?? 0) - 128);
        }
      }),
    );
  });

  it("keep the values of 4-bit codes, whose halves lie elsewhere", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), scale, (codes, factor) => {
        const block = Buffer.from(blocksOf4(codes, Float32Array.of(factor)));
        expect(half(block.readUInt16LE(0))).toBe(factor);
        for (let index = 0; index < GGUF_BLOCK; index++) {
          const ours = ((codes[index >> 1] ?? 0) >> (index % 2 ? 4 : 0)) & 15;
          const theirs = (block.readUInt8(2 + (index % 16)) >> (index < 16 ? 0 : 4)) & 15;
          expect(theirs).toBe(ours);
        }
      }),
    );
  });
});

describe("reading initializers", () => {
  it("gives back what an ONNX file was written with", () => {
    const path = join(folder, "small.onnx");
    const graph = new Graph("g");
    const values = Uint8Array.of(250, 1, 2, 3, 4, 5);
    graph.weight("table", "int8", [2, 3], 6, () => values);
    graph.output("table", "int8", [2, 3]);
    writeModel(path, graph);
    const found = readInitializers(readFileSync(path)).get("table");
    expect(found).toEqual({ dimensions: [2, 3], element: 3, content: values });
  });

  it("finds the embedded model's table", () => {
    const model = new URL("../../../server/models/proofline-code/onnx/model.onnx", import.meta.url);
    const found = readInitializers(readFileSync(model)).get("embedding.weight");
    expect(found?.element).toBe(3);
    expect(found?.content.length).toBe((found?.dimensions[0] ?? 0) * (found?.dimensions[1] ?? 0));
  });

  it("says when a file is cut short", () => {
    expect(() => readInitializers(Uint8Array.of(0x3a, 0x80))).toThrow("in the middle");
  });
});

describe("logits", () => {
  it("have the first of the largest values as their choice", () => {
    expect(largestIndex(Float32Array.of(1, 3, 3, 2))).toBe(1);
  });

  it("stand for probabilities that sum to one", () => {
    const logits = fc.float32Array({ minLength: 1, maxLength: 40, noNaN: true, min: -50, max: 50 });
    fc.assert(
      fc.property(logits, (values) => {
        const sum = logSoftmax(values).reduce((total, value) => total + Math.exp(value), 0);
        expect(sum).toBeCloseTo(1, 4);
      }),
    );
  });
});
