/** Reads the fields of messages in an ONNX file (protocol buffers). */

/** A field of a message: its number, and its value where it is an integer, its bytes where it is not. */
export type Field = readonly [number: number, value: number | Uint8Array];

/** The fields of a message but for floats and doubles, which nobody here reads. */
export function fieldsOf(message: Uint8Array): Field[] {
  const found: Field[] = [];
  for (let at = 0; at < message.length; ) {
    const [key, start] = varint(message, at);
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0: {
        const [value, end] = varint(message, start);
        found.push([number, value]);
        at = end;
        break;
      }
      case 2: {
        const [length, content] = varint(message, start);
        found.push([number, message.subarray(content, content + length)]);
        at = content + length;
        break;
      }
      case 1:
        at = start + 8;
        break;
      case 5:
        at = start + 4;
        break;
      default:
        throw new Error("the ONNX file has a field of an unknown kind");
    }
  }
  return found;
}

/** The fields of one number that are messages, texts or bytes. */
export function messagesIn(fields: readonly Field[], wanted: number): Uint8Array[] {
  return fields.flatMap(([number, value]) => (number === wanted && typeof value !== "number" ? [value] : []));
}

/** Integers that are written one after the other. */
export function packedIntegers(content: Uint8Array): number[] {
  const values: number[] = [];
  for (let at = 0; at < content.length; ) {
    const [value, end] = varint(content, at);
    values.push(value);
    at = end;
  }
  return values;
}

/** The value at `start`, and where what follows it begins. */
function varint(message: Uint8Array, start: number): [value: number, end: number] {
  let value = 0;
  for (let at = start, factor = 1; at < message.length; at++, factor *= 128) {
    const byte = message[at] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) {
      return [value, at + 1];
    }
  }
  throw new Error("the ONNX file ends in the middle of a number");
}
