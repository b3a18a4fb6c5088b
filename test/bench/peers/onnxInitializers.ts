/** Reads the constants of an ONNX file (onnx.proto3). */
import { fieldsOf, messagesIn, packedIntegers } from "./onnxFields";

export interface Initializer {
  readonly dimensions: readonly number[];
  /** `TensorProto.DataType`: 1 is float32, 3 is int8. */
  readonly element: number;
  readonly content: Uint8Array;
}

/** The initializers of a model, by name. */
export function readInitializers(model: Uint8Array): Map<string, Initializer> {
  const found = new Map<string, Initializer>();
  for (const graph of messagesIn(fieldsOf(model), 7)) {
    for (const tensor of messagesIn(fieldsOf(graph), 5)) {
      const dimensions: number[] = [];
      let element = 0;
      let name = "";
      let content = new Uint8Array(0);
      for (const [number, value] of fieldsOf(tensor)) {
        if (typeof value === "number") {
          if (number === 1) {
            dimensions.push(value);
          } else if (number === 2) {
            element = value;
          }
        } else if (number === 1) {
          dimensions.push(...packedIntegers(value));
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
