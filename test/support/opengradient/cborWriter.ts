/** CBOR (RFC 8949): the kinds of values that an attestation document is made of. */

export const number = (value: number): Buffer => head(0, value);
export const bytes = (value: Uint8Array): Buffer => Buffer.concat([head(2, value.length), value]);
export const text = (value: string): Buffer => {
  const encoded = Buffer.from(value);
  return Buffer.concat([head(3, encoded.length), encoded]);
};
export const list = (...items: readonly Buffer[]): Buffer => Buffer.concat([head(4, items.length), ...items]);
export const map = (...members: readonly (readonly [Buffer, Buffer])[]): Buffer =>
  Buffer.concat([head(5, members.length), ...members.flat()]);
/** `null`. */
export const nothing = Buffer.of(0xf6);

/** The first byte, and a number in it or in the bytes after it. */
function head(type: number, argument: number): Buffer {
  if (argument < 24) {
    return Buffer.of((type << 5) | argument);
  }
  if (argument < 0x1_00_00) {
    const [length, size] = argument < 0x1_00 ? [24, 1] : [25, 2];
    const short = Buffer.alloc(1 + size, (type << 5) | length);
    short.writeUIntBE(argument, 1, size);
    return short;
  }
  const long = Buffer.alloc(9, (type << 5) | 27);
  long.writeBigUInt64BE(BigInt(argument), 1);
  return long;
}
