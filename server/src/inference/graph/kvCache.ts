import type { Tensor, TensorConstructor } from "onnxruntime-common";
import type { CachePart } from "../../models/files/graphLayout";
import { releaseBuffer } from "./releaseBuffer";

/** The number of positions by which buffers grow. What lies in place is copied out of the runtime as a whole. */
const CAPACITY_STEP = 128;

/** What all caches of a graph have in common. */
export interface CacheKind {
  readonly parts: readonly CachePart[];
  readonly Tensor: TensorConstructor;
  /**
   * The graph writes new positions behind those that it is given, into the same tensor, whose size is its capacity;
   * otherwise each run's outputs hold everything, and tensors have the size of their content.
   */
  readonly inPlace: boolean;
}

/**
 * The key-value cache: what a graph keeps of the positions that it has seen, one tensor of shape [1, heads,
 * positions, size] for each of its cache inputs.
 */
export class KvCache {
  private readonly kind: CacheKind;
  private buffers: Uint8Array[];
  private held = 0;
  /** Positions for which each head has room: those that it has, but for a graph that writes in place. */
  private capacity = 0;

  constructor(kind: CacheKind) {
    this.kind = kind;
    this.buffers = kind.parts.map(() => new Uint8Array(0));
  }

  get positions(): number {
    return this.held;
  }

  /** Memory held, in bytes. */
  get bytes(): number {
    return this.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** The graph's cache inputs for a run over `count` tokens. */
  inputs(count: number): Record<string, Tensor> {
    if (this.kind.inPlace) {
      this.makeRoom(this.held + count);
    }
    return Object.fromEntries(
      this.kind.parts.map((part, index) => [
        part.past,
        this.tensorOver(this.buffers[index] ?? new Uint8Array(0), part, this.capacity),
      ]),
    );
  }

  /** Where a run is to leave the cache outputs, by their names, when its inputs are these: in place, or anywhere. */
  outputs(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor | null> {
    const { parts, inPlace } = this.kind;
    return Object.fromEntries(
      parts.map(({ past, present }) => [present, inPlace ? (inputs[past] ?? null) : null]),
    );
  }

  /** Takes the cache outputs of a run over `count` tokens. */
  take(outputs: Readonly<Record<string, Tensor>>, count: number): void {
    const { parts, inPlace } = this.kind;
    const positions = this.held + count;
    if (inPlace) {
      // The runtime hands out copies of what it wrote.
      for (const { present } of parts) {
        free(outputs[present]?.data, this.buffers);
      }
    } else {
      const before = this.buffers;
      this.buffers = parts.map((part) => {
        const data = outputs[part.present]?.data;
        if (!ArrayBuffer.isView(data)) {
          throw new Error(`the graph gave no ${part.present}`);
        }
        if (data.byteLength !== bytesOf(part, positions)) {
          throw new Error("the graph's cache does not have the size that its layout says");
        }
        return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      });
      this.capacity = positions;
      for (const bytes of before) {
        free(bytes, this.buffers);
      }
    }
    this.held = positions;
  }

  /** Forgets what comes after the first `positions`. */
  truncate(positions: number): void {
    if (positions >= this.held) {
      return;
    }
    this.held = positions;
    if (!this.kind.inPlace) {
      this.arrange(this.buffers, positions);
    }
  }

  /** A cache of its own with the first `positions` of this one. */
  copy(positions: number): KvCache {
    const copy = new KvCache(this.kind);
    copy.held = Math.min(positions, this.held);
    const room = capacityFor(copy.held);
    copy.capacity = this.capacity;
    copy.buffers = this.buffers;
    copy.arrange(
      this.kind.parts.map((part) => new Uint8Array(bytesOf(part, room))),
      this.kind.inPlace ? room : copy.held,
    );
    return copy;
  }

  private makeRoom(positions: number): void {
    if (positions <= this.capacity) {
      return;
    }
    const room = capacityFor(positions);
    this.arrange(
      this.kind.parts.map((part) => new Uint8Array(bytesOf(part, room))),
      room,
    );
  }

  /** Writes what the cache holds into `buffers`, which may be its own, with room for `capacity` positions a head. */
  private arrange(buffers: Uint8Array[], capacity: number): void {
    for (const [index, part] of this.kind.parts.entries()) {
      const position = bytesOf({ ...part, heads: 1 }, 1);
      const [from, to] = [this.buffers[index], buffers[index]];
      for (let head = 0; head < part.heads; head++) {
        const start = head * this.capacity * position;
        to?.set(from?.subarray(start, start + this.held * position) ?? [], head * capacity * position);
      }
    }
    this.buffers = buffers;
    this.capacity = capacity;
  }

  private tensorOver(bytes: Uint8Array, part: CachePart, positions: number): Tensor {
    const { Tensor } = this.kind;
    const { element, heads, size } = part;
    const { buffer, byteOffset } = bytes;
    const length = heads * positions * size;
    const dimensions = [1, heads, positions, size];
    switch (element) {
      case "float32":
        return new Tensor(element, new Float32Array(buffer, byteOffset, length), dimensions);
      case "float16":
        // Handed over as their bits: the runtime's binding knows no Float16Array, which Tensor would make of them.
        return Object.assign(new Tensor("uint16", new Uint16Array(buffer, byteOffset, length), dimensions), {
          type: element,
        });
      case "int8":
        return new Tensor(element, new Int8Array(buffer, byteOffset, length), dimensions);
      case "uint8":
        return new Tensor(element, new Uint8Array(buffer, byteOffset, length), dimensions);
    }
  }
}

/** Gives memory back, unless it belongs to one of `kept`. */
function free(data: unknown, kept: readonly Uint8Array[]): void {
  if (ArrayBuffer.isView(data) && kept.every(({ buffer }) => buffer !== data.buffer)) {
    releaseBuffer(data);
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
