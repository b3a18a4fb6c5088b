/** Reads the constants of an ONNX file (onnx.proto3). */

export interface Initializer {
  readonly dimensions: readonly number[];
  /** `TensorProto.DataType`: 1 is float32, 3 is int8. */
  readonly element: number;
  readonly content: Uint8Array;
}

/** A field of a message: its number, and its value where it is an integer, its bytes where it is not. */
type Field = readonly [number: number, value: number | Uint8Array];

/** The initializers of a model, by name. */
export function readInitializers(model: Uint8Array): Map<string, Initializer> {
  const found = new Map<string, Initializer>();
  for (const graph of messages(model, 7)) {
    for (const tensor of messages(graph, 5)) {
      const dimensions: number[] = [];
      let element = 0;
      let name = "";
      let content = new Uint8Array(0);
      for (const [number, value] of fields(tensor)) {
        if (typeof value === "number") {
          if (number === 1) {
            dimensions.push(value);
          } else if (number === 2) {
            element = value;
          }
        } else if (number === 1) {
          dimensions.push(...packed(value));
        } else if (number === 8) {
          name = new TextDecoder().decode(value);
        } else if (number === 9) {
          content = Uint8Array.from(value);
        }
      }
      found.set(name, { dimensions, element, content });
    }
  }
  return found;
}

function messages(message: Uint8Array, wanted: number): Uint8Array[] {
  return fields(message).flatMap(([number, value]) =>
    number === wanted && typeof value !== "number" ? [value] : [],
  );
}

function fields(message: Uint8Array): Field[] {
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

function packed(content: Uint8Array): number[] {
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
