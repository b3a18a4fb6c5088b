/** How a field's value is laid out; groups (3 and 4) are left from before protocol buffers were published. */
export const VARINT = 0;
export const FIXED_64 = 1;
export const DELIMITED = 2;
export const FIXED_32 = 5;

/** One field's number, and how its value is laid out. */
interface Tag {
  readonly number: number;
  readonly wire: number;
}

/**
 * Reads a message of protocol buffers in the one spelling that serializers write. A parser forgives more: it drops what
 * does not fit an integer, and takes a number in more bytes than it needs. Whoever reads such bytes differently reads
 * another message.
 */
export class WireReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  /** @throws Error for a tag of more than 32 bits, too */
  tag(): Tag {
    const tag = this.varint();
    if (tag >= 2 ** 32) {
      throw notCanonical("the number of a field is too large");
    }
    return { number: Math.floor(tag / 8), wire: tag % 8 };
  }

  /** An unsigned integer of 64 bits. Beyond 2^53 it is rounded. */
  varint(): number {
    let value = 0;
    // Faster than powers: a list may hold millions of numbers.
    for (let place = 1; place < 2 ** 70; place *= 128) {
      const byte = this.byte();
      value += (byte & 127) * place;
      if (byte < 128) {
        if ((byte === 0 && place > 1) || (byte > 1 && place === 2 ** 63)) {
          break;
        }
        return value;
      }
    }
    throw notCanonical("a number takes more bytes than it needs");
  }

  /** A signed integer of 32 bits, negative ones written as 64 bits. */
  int32(): number {
    const start = this.at;
    const value = this.varint();
    if (value < 2 ** 31) {
      return value;
    }
    const [fifth = 0, ...others] = this.bytes.subarray(start + 4, this.at);
    // Ten bytes, and all of the upper 33 bits set.
    if (
      fifth < 0xf8 ||
      others.length !== 5 ||
      !others.every((byte, index) => byte === (index < 4 ? 255 : 1))
    ) {
      throw notCanonical("a number does not fit 32 bits");
    }
    return value;
  }

  /** A string, bytes or a message, with its length before it. */
  delimited(): Uint8Array {
    return this.take(this.varint());
  }

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) {
      throw new Error("the graph is cut short");
    }
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  private byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) {
      throw new Error("the graph is cut short");
    }
    return byte;
  }
}

/** That bytes are not what a serializer writes. */
export function notCanonical(what: string): Error {
  return new Error(`the graph is not in the canonical form of ONNX: ${what}`);
}
