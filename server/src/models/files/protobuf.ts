/** The number of a field, and its value: an integer, bytes, or `null` for numbers of a fixed size. */
export type Field = readonly [number: number, value: number | Uint8Array | null];

/**
 * The fields of one message of protocol buffers (proto3), in their order.
 *
 * @throws Error for bytes that are no such message
 */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = new Reader(message);
  while (!reader.done) {
    const tag = reader.varint();
    yield [Math.floor(tag / 8), reader.value(tag % 8)];
  }
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  /** An unsigned integer; what does not fit 53 bits is no length and no tag, and only skipped. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) {
        break;
      }
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        return value;
      }
    }
    throw new Error("the graph is cut short");
  }

  value(wire: number): number | Uint8Array | null {
    switch (wire) {
      case 0:
        return this.varint();
      case 1:
        this.take(8);
        return null;
      case 2:
        return this.take(this.varint());
      case 5:
        this.take(4);
        return null;
      default:
        throw new Error("the graph is not an ONNX file");
    }
  }

  private take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) {
      throw new Error("the graph is cut short");
    }
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}
