import type { InferenceSession } from "onnxruntime-common";
import { type Field, fieldsOf } from "./protobuf";

type Metadata = InferenceSession.ValueMetadata;

/** A graph's inputs and outputs, described as the runtime describes them once the graph is loaded. */
export interface GraphInterface {
  readonly inputs: readonly Metadata[];
  readonly outputs: readonly Metadata[];
}

/** `TensorProto.DataType` (onnx.proto3), as far as the runtime has names for it. */
const ELEMENTS: Readonly<Record<number, InferenceSession.TensorValueMetadata["type"]>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  8: "string",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  21: "uint4",
  22: "int4",
};

/**
 * Reads from an ONNX file (onnx.proto3) what the graph takes and gives, so that a model that cannot be run here is refused
 * when it is pinned, not when it is loaded.
 *
 * @returns `null` where the file leaves a type or shape to be found out by the runtime
 * @throws Error for bytes that are no such file
 */
export function graphInterface(model: Uint8Array): GraphInterface | null {
  const inputs: Uint8Array[] = [];
  const outputs: Uint8Array[] = [];
  const initializers = new Set<string>();
  for (const graph of messages(model, 7)) {
    inputs.push(...messages(graph, 11));
    outputs.push(...messages(graph, 12));
    for (const tensor of messages(graph, 5)) {
      initializers.add(text(tensor, 8));
    }
  }
  const read = (infos: readonly Uint8Array[]): (Metadata | null)[] => infos.map(metadataOf);
  // Old files list the weights among the inputs, too.
  const taken = read(inputs.filter((input) => !initializers.has(text(input, 1))));
  const given = read(outputs);
  return taken.every(isKnown) && given.every(isKnown) ? { inputs: taken, outputs: given } : null;
}

function isKnown(metadata: Metadata | null): metadata is Metadata {
  return metadata !== null;
}

/** `ValueInfoProto`: its name and, within its type, the tensor's element and shape. */
function metadataOf(value: Uint8Array): Metadata | null {
  const name = text(value, 1);
  const [type] = messages(value, 2);
  if (type === undefined) {
    return null;
  }
  const [tensor] = messages(type, 1);
  // Sequences, maps and the like.
  if (tensor === undefined) {
    return { name, isTensor: false };
  }
  const [shape] = messages(tensor, 2);
  const element = ELEMENTS[integer(tensor, 1) ?? 0];
  if (shape === undefined || element === undefined) {
    return null;
  }
  const dimensions = messages(shape, 1).map((dimension) => integer(dimension, 1) ?? text(dimension, 2));
  return { name, isTensor: true, type: element, shape: dimensions };
}

/** The values of a field that holds messages, strings or bytes. */
function messages(message: Uint8Array, field: number): Uint8Array[] {
  return values(message, field).filter((value) => value instanceof Uint8Array);
}

function text(message: Uint8Array, field: number): string {
  return new TextDecoder().decode(messages(message, field).at(-1));
}

function integer(message: Uint8Array, field: number): number | undefined {
  return values(message, field).findLast((value) => typeof value === "number");
}

function values(message: Uint8Array, field: number): Field[1][] {
  return [...fieldsOf(message)].filter(([number]) => number === field).map(([, value]) => value);
}
