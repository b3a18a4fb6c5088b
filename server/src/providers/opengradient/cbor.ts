// The part of CBOR (RFC 8949) that attestation documents are written in. There are no floats, no tags but at the top, no texts or
// bytes in pieces; maps may be of indefinite length, because Amazon's are.

import { AnswerFlaw } from "../attestation/answerFlaw";

export type CborMap = ReadonlyMap<string | number, CborValue>;
export type CborValue = null | boolean | number | string | Buffer | readonly CborValue[] | CborMap;

export function isCborList(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value);
}

export function isCborMap(value: CborValue | undefined): value is CborMap {
  return value instanceof Map;
}

export function isCborBytes(value: CborValue | undefined): value is Buffer {
  return Buffer.isBuffer(value);
}

const MAX_DEPTH = 8;

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const SIMPLE = 7;

const INDEFINITE = 31;
const BREAK = 0xff;
const SIMPLE_VALUES: ReadonlyMap<number, boolean | null> = new Map([
  [20, false],
  [21, true],
  [22, null],
]);

/** @throws AnswerFlaw where the bytes are not exactly one value of this part of CBOR */
export function readCbor(bytes: Uint8Array): CborValue {
  const reader = new CborReader(Buffer.from(bytes));
  return reader.whole();
}

class CborReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  whole(): CborValue {
    const value = this.value(0);
    return this.at === this.bytes.length ? value : this.refuse();
  }

  private value(depth: number): CborValue {
    if (depth > MAX_DEPTH) {
      this.refuse();
    }
    const initial = this.take(1)[0] ?? 0;
    const type = initial >> 5;
    const information = initial & 0x1f;
    if (information === INDEFINITE) {
      return type === MAP ? this.map(null, depth) : this.refuse();
    }
    const argument = this.argument(information);
    switch (type) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return -1 - argument;
      case BYTES:
        return this.take(argument);
      case TEXT:
        return this.text(argument);
      case LIST:
        return this.list(argument, depth);
      case MAP:
        return this.map(argument, depth);
      case SIMPLE: {
        const value = SIMPLE_VALUES.get(information);
        return value === undefined || argument !== information ? this.refuse() : value;
      }
      default:
        return this.refuse();
    }
  }

  /** The number after the first byte, of which the last five bits say how many bytes it has. */
  private argument(information: number): number {
    if (information < 24) {
      return information;
    }
    const size = [1, 2, 4, 8][information - 24];
    if (size === undefined) {
      return this.refuse();
    }
    const value = Number(BigInt(`0x${this.take(size).toString("hex")}`));
    return Number.isSafeInteger(value) ? value : this.refuse();
  }

  private text(length: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(length));
    } catch {
      return this.refuse();
    }
  }

  private list(length: number, depth: number): readonly CborValue[] {
    const items: CborValue[] = [];
    while (items.length < length) {
      items.push(this.value(depth + 1));
    }
    return items;
  }

  private map(size: number | null, depth: number): CborMap {
    const members = new Map<string | number, CborValue>();
    while (size === null ? this.bytes[this.at] !== BREAK : members.size < size) {
      const key = this.value(depth + 1);
      if ((typeof key !== "string" && typeof key !== "number") || members.has(key)) {
        return this.refuse();
      }
      members.set(key, this.value(depth + 1));
    }
    this.at += size === null ? 1 : 0;
    return members;
  }

  private take(length: number): Buffer {
    if (length > this.bytes.length - this.at) {
      this.refuse();
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private refuse(): never {
    throw new AnswerFlaw("unfit", "it is not written as such a document is");
  }
}

/** Bytes in CBOR. */
export function cborBytes(bytes: Uint8Array): Buffer {
  return Buffer.concat([cborHead(BYTES, bytes.length), bytes]);
}

/** A text in CBOR. */
export function cborText(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([cborHead(TEXT, bytes.length), bytes]);
}

/** A list in CBOR, of items that are in CBOR already. */
export function cborList(...items: readonly Uint8Array[]): Buffer {
  return Buffer.concat([cborHead(LIST, items.length), ...items]);
}

/** A type and its number, in as few bytes as it takes. */
function cborHead(type: number, argument: number): Buffer {
  const head = Buffer.alloc(5);
  if (argument < 24) {
    head[0] = (type << 5) | argument;
    return head.subarray(0, 1);
  }
  if (argument < 0x1_00) {
    head[0] = (type << 5) | 24;
    head.writeUInt8(argument, 1);
    return head.subarray(0, 2);
  }
  if (argument < 0x1_00_00) {
    head[0] = (type << 5) | 25;
    head.writeUInt16BE(argument, 1);
    return head.subarray(0, 3);
  }
  head[0] = (type << 5) | 26;
  head.writeUInt32BE(argument, 1);
  return head;
}
