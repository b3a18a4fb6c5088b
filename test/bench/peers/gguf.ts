/** Writes GGUF files (version 3), the format that llama.cpp reads: as much of it as decoder weights need. */
import { closeSync, openSync } from "node:fs";
import { bytes, type Encoded, sequence, writePieces } from "../../support/models/protobuf";

/** Values that share a scale in `Q8_0` and `Q4_0`. */
export const GGUF_BLOCK = 32;

/** `ggml_type`. A block of `Q8_0` is a half-precision scale and 32 bytes, one of `Q4_0` a scale and 16 bytes. */
const TENSOR_TYPE = { F32: 0, Q4_0: 2, Q8_0: 8 } as const;
export type TensorType = keyof typeof TENSOR_TYPE;

export type MetadataValue =
  | { readonly uint32: number }
  | { readonly float32: number }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly int32s: readonly number[] };

export interface GgufTensor {
  readonly name: string;
  readonly type: TensorType;
  /** Outermost first; the last one is contiguous in memory. */
  readonly dimensions: readonly number[];
  /** Made when the file is written. */
  readonly make: () => Uint8Array;
}

const VERSION = 3;
const ALIGNMENT = 32;
const VALUE_TYPE = { uint32: 4, int32: 5, float32: 6, text: 8, array: 9 } as const;

/** Size of a tensor's content in bytes. */
export function tensorSize({ type, dimensions }: Pick<GgufTensor, "type" | "dimensions">): number {
  const count = dimensions.reduce((product, one) => product * one, 1);
  switch (type) {
    case "F32":
      return count * 4;
    case "Q8_0":
      return (count / GGUF_BLOCK) * (2 + GGUF_BLOCK);
    case "Q4_0":
      return (count / GGUF_BLOCK) * (2 + GGUF_BLOCK / 2);
  }
}

export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, MetadataValue>>,
  tensors: readonly GgufTensor[],
): void {
  const entries = Object.entries(metadata);
  const head: Encoded[] = [
    bytes(new TextEncoder().encode("GGUF")),
    uint32(VERSION),
    uint64(tensors.length),
    uint64(entries.length),
    ...entries.map(([key, value]) => sequence([text(key), metadataValue(value)])),
  ];
  let offset = 0;
  for (const tensor of tensors) {
    head.push(
      text(tensor.name),
      uint32(tensor.dimensions.length),
      ...tensor.dimensions.toReversed().map(uint64),
      uint32(TENSOR_TYPE[tensor.type]),
      uint64(offset),
    );
    offset += aligned(tensorSize(tensor));
  }
  const file = openSync(path, "w");
  try {
    writePieces(file, padded(sequence(head)));
    for (const tensor of tensors) {
      const content = tensor.make();
      if (content.length !== tensorSize(tensor)) {
        throw new Error(`${tensor.name} has a wrong size`);
      }
      writePieces(file, padded(bytes(content)));
    }
  } finally {
    closeSync(file);
  }
}

function metadataValue(value: MetadataValue): Encoded {
  if ("uint32" in value) {
    return sequence([uint32(VALUE_TYPE.uint32), uint32(value.uint32)]);
  }
  if ("float32" in value) {
    return sequence([
      uint32(VALUE_TYPE.float32),
      bytes(new Uint8Array(Float32Array.of(value.float32).buffer)),
    ]);
  }
  if ("text" in value) {
    return sequence([uint32(VALUE_TYPE.text), text(value.text)]);
  }
  if ("texts" in value) {
    return sequence([
      uint32(VALUE_TYPE.array),
      uint32(VALUE_TYPE.text),
      uint64(value.texts.length),
      ...value.texts.map(text),
    ]);
  }
  return sequence([
    uint32(VALUE_TYPE.array),
    uint32(VALUE_TYPE.int32),
    uint64(value.int32s.length),
    bytes(new Uint8Array(Int32Array.from(value.int32s).buffer)),
  ]);
}

function text(value: string): Encoded {
  const content = new TextEncoder().encode(value);
  return sequence([uint64(content.length), bytes(content)]);
}

function uint32(value: number): Encoded {
  return bytes(new Uint8Array(Uint32Array.of(value).buffer));
}

function uint64(value: number): Encoded {
  return bytes(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

function padded(content: Encoded): Encoded {
  return sequence([content, bytes(new Uint8Array(aligned(content.size) - content.size))]);
}
