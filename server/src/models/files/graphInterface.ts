import type { InferenceSession } from "onnxruntime-common";
import type { OnnxFile } from "./onnxFile";
import { integerIn, messagesIn, type OnnxMessage, textIn } from "./onnxMessage";

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
 * Reads from an ONNX file what the graph takes and gives, so that a model that cannot be run here is refused when it is
 * pinned, not when it is loaded.
 *
 * @returns `null` where the file leaves a type or shape to be found out by the runtime
 */
export function graphInterface({ model }: OnnxFile): GraphInterface | null {
  const [graph] = messagesIn(model, 7);
  if (graph === undefined) {
    return { inputs: [], outputs: [] };
  }
  const initializers = new Set(messagesIn(graph, 5).map((tensor) => textIn(tensor, 8)));
  const read = (infos: readonly OnnxMessage[]): (Metadata | null)[] => infos.map(metadataOf);
  // Old files list the weights among the inputs, too.
  const taken = read(messagesIn(graph, 11).filter((input) => !initializers.has(textIn(input, 1))));
  const given = read(messagesIn(graph, 12));
  return taken.every(isKnown) && given.every(isKnown) ? { inputs: taken, outputs: given } : null;
}

function isKnown(metadata: Metadata | null): metadata is Metadata {
  return metadata !== null;
}

/** `ValueInfoProto`: its name and, within its type, the tensor's element and shape. */
function metadataOf(value: OnnxMessage): Metadata | null {
  const name = textIn(value, 1);
  const [type] = messagesIn(value, 2);
  if (type === undefined) {
    return null;
  }
  const [tensor] = messagesIn(type, 1);
  // Sequences, maps and the like.
  if (tensor === undefined) {
    return { name, isTensor: false };
  }
  const [shape] = messagesIn(tensor, 2);
  const element = ELEMENTS[integerIn(tensor, 1) ?? 0];
  if (shape === undefined || element === undefined) {
    return null;
  }
  const dimensions = messagesIn(shape, 1).map((dimension) => integerIn(dimension, 1) ?? textIn(dimension, 2));
  return { name, isTensor: true, type: element, shape: dimensions };
}
