import type { Tensor, TensorConstructor } from "onnxruntime-common";
import type { CachePart } from "./layout";

/** Buffers grow by so many positions at a time. */
const CAPACITY_STEP = 256;

/**
 * Memory for the next run's outputs, one buffer for each part, shared by all caches of a graph. After the run it
 * belongs to the cache, and what the cache had before is written into next: a run allocates nothing, and nothing is
 * copied out of the runtime.
 */
export type SpareBuffers = (Uint8Array | undefined)[];

/**
 * The key-value cache: what a graph keeps of the positions that it has seen, one tensor of shape [1, heads,
 * positions, size] for each of its cache inputs.
 */
export class Cache {
  readonly #parts: readonly CachePart[];
  readonly #spare: SpareBuffers;
  #buffers: Uint8Array[];
  readonly #Tensor: TensorConstructor;
  #positions = 0;

  constructor(parts: readonly CachePart[], spare: SpareBuffers, Tensor: TensorConstructor) {
    this.#Tensor = Tensor;
    this.#parts = parts;
    this.#spare = spare;
    this.#buffers = parts.map(() => new Uint8Array(0));
  }

  get positions(): number {
    return this.#positions;
  }

  /** Memory held, in bytes. */
  get bytes(): number {
    return this.#buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** The graph's cache inputs. */
  inputs(): Record<string, Tensor> {
    return Object.fromEntries(
      this.#parts.map((part, index) => [
        part.past,
        this.#tensorOver(this.#buffers[index] ?? new Uint8Array(0), part, this.#positions),
      ]),
    );
  }

  /** Memory for the graph's cache outputs in a run over `count` tokens. */
  outputs(count: number): Record<string, Tensor> {
    const positions = this.#positions + count;
    return Object.fromEntries(
      this.#parts.map((part, index) => {
        let buffer = this.#spare[index];
        if (buffer === undefined || buffer.length < bytesOf(part, positions)) {
          buffer = new Uint8Array(bytesOf(part, capacityFor(positions)));
          this.#spare[index] = buffer;
        }
        return [part.present, this.#tensorOver(buffer, part, positions)];
      }),
    );
  }

  /** Takes the cache outputs of a run over `count` tokens, whether they lie in the memory offered or elsewhere. */
  take(outputs: Readonly<Record<string, Tensor>>, count: number): void {
    const positions = this.#positions + count;
    const taken = this.#parts.map((part) => {
      const data = outputs[part.present]?.data;
      if (!ArrayBuffer.isView(data)) throw new Error(`the graph gave no ${part.present}`);
      if (data.byteLength !== bytesOf(part, positions)) {
        throw new Error("the graph's cache does not have the size that its layout says");
      }
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    });
    this.#buffers = taken.map((bytes, index) => {
      const spare = this.#spare[index];
      if (spare === undefined || bytes.buffer !== spare.buffer) return bytes;
      this.#spare[index] = this.#buffers[index];
      return spare;
    });
    this.#positions = positions;
  }

  /** Forgets what comes after the first `positions`. */
  truncate(positions: number): void {
    if (positions >= this.#positions) return;
    for (const [index, part] of this.#parts.entries()) {
      const position = bytesOf({ ...part, heads: 1 }, 1);
      for (let head = 1; head < part.heads; head++) {
        const from = head * this.#positions * position;
        this.#buffers[index]?.copyWithin(head * positions * position, from, from + positions * position);
      }
    }
    this.#positions = positions;
  }

  /** A cache of its own with the first `positions` of this one. */
  copy(positions: number): Cache {
    const copy = new Cache(this.#parts, this.#spare, this.#Tensor);
    copy.#positions = Math.min(positions, this.#positions);
    copy.#buffers = this.#parts.map((part, index) => {
      const whole = this.#buffers[index] ?? new Uint8Array(0);
      const buffer = new Uint8Array(bytesOf(part, capacityFor(copy.#positions)));
      const position = bytesOf({ ...part, heads: 1 }, 1);
      for (let head = 0; head < part.heads; head++) {
        const from = head * this.#positions * position;
        const kept = whole.subarray(from, from + copy.#positions * position);
        buffer.set(kept, head * copy.#positions * position);
      }
      return buffer;
    });
    return copy;
  }

  #tensorOver(bytes: Uint8Array, part: CachePart, positions: number): Tensor {
    const Tensor = this.#Tensor;
    const { element, heads, size } = part;
    const { buffer, byteOffset } = bytes;
    const length = heads * positions * size;
    const dimensions = [1, heads, positions, size];
    switch (element) {
      case "float32":
        return new Tensor(element, new Float32Array(buffer, byteOffset, length), dimensions);
      case "float16":
        // Half-precision numbers are handed over as their bits.
        return new Tensor(element, new Uint16Array(buffer, byteOffset, length), dimensions);
      case "int8":
        return new Tensor(element, new Int8Array(buffer, byteOffset, length), dimensions);
      case "uint8":
        return new Tensor(element, new Uint8Array(buffer, byteOffset, length), dimensions);
    }
  }
}

function capacityFor(positions: number): number {
  return Math.ceil(positions / CAPACITY_STEP) * CAPACITY_STEP;
}

const ELEMENT_BYTES: Readonly<Record<CachePart["element"], number>> = {
  float32: 4,
  float16: 2,
  int8: 1,
  uint8: 1,
};

function bytesOf({ element, heads, size }: CachePart, positions: number): number {
  return heads * positions * size * ELEMENT_BYTES[element];
}
