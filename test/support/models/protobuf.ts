import { writeSync } from "node:fs";

/**
 * A message, or a part of one, in the protocol buffers wire format: its size is known before its bytes are, so that a
 * file larger than memory can be written piece by piece.
 */
export interface Encoded {
  readonly size: number;
  readonly pieces: () => Iterable<Uint8Array>;
}

export function bytes(value: Uint8Array): Encoded {
  return { size: value.length, pieces: () => [value] };
}

export function sequence(parts: readonly Encoded[]): Encoded {
  return {
    size: parts.reduce((sum, part) => sum + part.size, 0),
    pieces: function* () {
      for (const part of parts) {
        yield* part.pieces();
      }
    },
  };
}

/** A field whose value is a message, a string or bytes. */
export function field(number: number, value: Encoded | string): Encoded {
  const content = typeof value === "string" ? bytes(new TextEncoder().encode(value)) : value;
  return sequence([bytes(varints(BigInt((number << 3) | 2), BigInt(content.size))), content]);
}

/** A field whose value is an integer; negative ones are written as 64 bits. */
export function integer(number: number, value: number | bigint): Encoded {
  return bytes(varints(BigInt(number << 3), BigInt.asUintN(64, BigInt(value))));
}

/** A field whose value is a 32-bit float. */
export function float(number: number, value: number): Encoded {
  const content = new Uint8Array(4);
  new DataView(content.buffer).setFloat32(0, value, true);
  return sequence([bytes(varints(BigInt((number << 3) | 5))), bytes(content)]);
}

/** Writes to an open file. */
export function writePieces(file: number, content: Encoded): void {
  for (const piece of content.pieces()) {
    for (let at = 0; at < piece.length; ) {
      at += writeSync(file, piece, at);
    }
  }
}

function varints(...values: readonly bigint[]): Uint8Array {
  const out: number[] = [];
  for (let value of values) {
    while (value > 127n) {
      out.push(Number(value & 127n) | 128);
      value >>= 7n;
    }
    out.push(Number(value));
  }
  return Uint8Array.from(out);
}
