import { createHash } from "node:crypto";
import { halfBits } from "./onnx";

/** Values that share a scale in block-quantised weights. */
export const BLOCK = 32;

/**
 * Random 32-bit integers that follow from seed and name, whatever else is drawn: xorshift, started from SHA-256.
 */
export class Random {
  private state: number;

  constructor(seed: number, name: string) {
    this.state = createHash("sha256").update(`${seed}/${name}`).digest().readUInt32LE() | 1;
  }

  /** An integer from 0 to 2^32 - 1. */
  next(): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return state >>> 0;
  }

  /** `count` numbers spread evenly around `mean`, with the given standard deviation. */
  floats(count: number, deviation: number, mean = 0): Float32Array {
    const values = new Float32Array(count);
    const width = deviation * Math.sqrt(12);
    for (let index = 0; index < count; index++) {
      values[index] = mean + (this.next() / 2 ** 32 - 0.5) * width;
    }
    return values;
  }

  bytes(count: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(count / 4));
    for (let index = 0; index < words.length; index++) {
      words[index] = this.next();
    }
    return new Uint8Array(words.buffer, 0, count);
  }
}

/**
 * A matrix of `rows` by `columns` in blocks of 32 values of a row. A value is `(code - 128) * scale` with 8 bits and
 * `(code - 8) * scale` with 4; two 4-bit codes share a byte, the first one in its low half. Scales are half-precision
 * numbers, so that the same weights can be written as GGUF's Q8_0 and Q4_0.
 */
export interface QuantizedMatrix {
  readonly codes: () => Uint8Array;
  readonly scales: () => Float32Array;
}

export function quantizedMatrix(
  seed: number,
  name: string,
  rows: number,
  columns: number,
  bits: 4 | 8,
): QuantizedMatrix {
  const deviation = 1 / Math.sqrt(columns);
  const step = (deviation * Math.sqrt(12)) / 2 ** bits;
  return {
    codes: () => new Random(seed, `${name}.codes`).bytes((rows * columns * bits) / 8),
    scales: () => {
      const scales = new Random(seed, `${name}.scales`).floats((rows * columns) / BLOCK, step / 8, step);
      for (let index = 0; index < scales.length; index++) {
        scales[index] = roundToHalf(scales[index] ?? 0);
      }
      return scales;
    },
  };
}

/** The nearest half-precision number, for normal ones. */
function roundToHalf(value: number): number {
  const bits = halfBits(value);
  const exponent = (bits >> 10) & 31;
  const magnitude = exponent === 0 ? (bits & 1023) * 2 ** -24 : (1024 + (bits & 1023)) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}
