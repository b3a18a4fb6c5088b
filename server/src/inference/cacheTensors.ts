import { Tensor } from "onnxruntime-common";
import type { CachePart, GraphLayout } from "./layout";

/** The key-value cache: one tensor of shape [1, heads, positions, size] for each of the graph's cache inputs. */
export type Cache = Readonly<Record<string, Tensor>>;

/** A cache that holds no position. */
export function emptyCache({ cache }: GraphLayout): Cache {
  return Object.fromEntries(
    cache.map(({ past, element, heads, size }) => [
      past,
      new Tensor(element, arrayOf(element, new ArrayBuffer(0)), [1, heads, 0, size]),
    ]),
  );
}

/** A copy of a cache tensor with its first positions only. */
export function firstPositions(tensor: Tensor, positions: number): Tensor {
  const [, heads = 0, length = 0, size = 0] = tensor.dims;
  const { data, type } = tensor;
  if (!isCacheElement(type) || !ArrayBuffer.isView(data)) {
    throw new Error(`the key-value cache holds ${type}`);
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const position = heads * length === 0 ? 0 : bytes.length / (heads * length);
  const copy = new Uint8Array(heads * positions * position);
  for (let head = 0; head < heads; head++) {
    const from = head * length * position;
    copy.set(bytes.subarray(from, from + positions * position), head * positions * position);
  }
  return new Tensor(type, arrayOf(type, copy.buffer), [1, heads, positions, size]);
}

function isCacheElement(type: string): type is CachePart["element"] {
  return type === "float32" || type === "float16" || type === "int8" || type === "uint8";
}

/** Half-precision numbers are handed over as their bits. */
function arrayOf(
  element: CachePart["element"],
  bytes: ArrayBuffer,
): Float32Array | Uint16Array | Int8Array | Uint8Array {
  switch (element) {
    case "float32":
      return new Float32Array(bytes);
    case "float16":
      return new Uint16Array(bytes);
    case "int8":
      return new Int8Array(bytes);
    case "uint8":
      return new Uint8Array(bytes);
  }
}
