import { unreachable } from "../../platform/errors";
import { ALTERNATIVES, type MessageKind, ONNX_SCHEMA, type Scalar } from "./onnxSchema";
import { DELIMITED, FIXED_32, FIXED_64, notCanonical, VARINT, WireReader } from "./protobuf";

/** One message of an ONNX file, with its fields in the file's order, which is that of their numbers. */
export interface OnnxMessage {
  readonly kind: MessageKind;
  readonly fields: readonly (readonly [number: number, value: FieldValue])[];
}

/** Packed numbers are their bytes. Floats outside of these are not kept. */
type FieldValue = number | string | Uint8Array | OnnxMessage;

const MAX_DEPTH = 64;
/** A decoder of a thousand layers has less than a million. */
const MAX_FIELDS = 4_000_000;
/** The largest of `AttributeProto.AttributeType` and `TensorProto.DataLocation`. */
const [MAX_ATTRIBUTE_TYPE, MAX_DATA_LOCATION] = [14, 1];
// The mark that some editors put before text is text here.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads an ONNX file and refuses every one that is not, byte for byte, what ONNX's own serializer writes for the same
 * message: known fields only, in the order of their numbers, each as often as its message allows, in the fewest bytes. So
 * there is nothing that two readers could understand differently: a parser would take the last of two values, merge two
 * graphs, or skip what it does not know.
 *
 * @throws Error for any other bytes
 */
export function decodeOnnx(bytes: Uint8Array): OnnxMessage {
  return new Decoder().message(bytes, "model", 0);
}

class Decoder {
  private count = 0;

  message(bytes: Uint8Array, kind: MessageKind, depth: number): OnnxMessage {
    if (depth > MAX_DEPTH) {
      throw new Error("the graph is nested too deep");
    }
    const reader = new WireReader(bytes);
    const fields: [number, FieldValue][] = [];
    let alternatives = 0;
    let before = 0;
    while (!reader.done) {
      const { number, wire } = reader.tag();
      const [count, type] = ONNX_SCHEMA[kind][number] ?? [];
      const name = `field ${number} of a message of the kind "${kind}"`;
      if (count === undefined || type === undefined) {
        throw notCanonical(`${name} is unknown`);
      }
      if (number < before) {
        throw notCanonical(`${name} stands after field ${before}`);
      }
      alternatives += ALTERNATIVES[kind]?.includes(number) ? 1 : 0;
      if ((number === before && count !== "many") || alternatives > 1) {
        throw notCanonical(`${name} is the second of its kind`);
      }
      if (wire !== (count === "packed" ? DELIMITED : wireOf(type))) {
        throw notCanonical(`${name} holds something else`);
      }
      this.count += 1;
      if (this.count > MAX_FIELDS) {
        throw new Error("the graph is too large: it has more than four million fields beside its weights");
      }
      before = number;
      const value =
        count === "packed" && isScalar(type)
          ? packed(reader.delimited(), type)
          : isScalar(type)
            ? scalar(reader, type)
            : this.message(reader.delimited(), type, depth + 1);
      if (value !== null) {
        fields.push([number, value]);
      }
    }
    return { kind, fields };
  }
}

function isScalar(type: Scalar | MessageKind): type is Scalar {
  return !(type in ONNX_SCHEMA);
}

function wireOf(type: Scalar | MessageKind): number {
  switch (type) {
    case "int32":
    case "int64":
    case "uint64":
    case "attributeType":
    case "dataLocation":
      return VARINT;
    case "float":
      return FIXED_32;
    case "double":
      return FIXED_64;
    default:
      return DELIMITED;
  }
}

function scalar(reader: WireReader, type: Scalar): Exclude<FieldValue, OnnxMessage> | null {
  switch (type) {
    case "int32":
      return reader.int32();
    case "int64":
    case "uint64":
      return reader.varint();
    case "attributeType":
      return atMost(reader.varint(), MAX_ATTRIBUTE_TYPE);
    case "dataLocation":
      return atMost(reader.varint(), MAX_DATA_LOCATION);
    case "float":
      reader.take(4);
      return null;
    case "double":
      reader.take(8);
      return null;
    case "string":
      return text(reader.delimited());
    case "bytes":
      return reader.delimited();
    default:
      return unreachable(type);
  }
}

/** The bytes of all values of a field, none of which is kept by itself. */
function packed(bytes: Uint8Array, type: Scalar): Uint8Array {
  if (bytes.length === 0) {
    throw notCanonical("a list of numbers is there and empty");
  }
  switch (type) {
    case "float":
    case "double":
      if (bytes.length % (type === "float" ? 4 : 8) !== 0) {
        throw new Error("the graph is cut short");
      }
      break;
    default:
      for (const reader = new WireReader(bytes); !reader.done; ) {
        scalar(reader, type);
      }
  }
  return bytes;
}

function atMost(value: number, limit: number): number {
  if (value > limit) {
    throw notCanonical(`${value} is not among the values of its field`);
  }
  return value;
}

function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new Error("the graph is not an ONNX file: a name in it is not UTF-8", { cause: error });
  }
}

/** The values of a field that holds messages. */
export function messagesIn({ fields }: OnnxMessage, field: number): OnnxMessage[] {
  return fields.flatMap(([number, value]) => (number === field && isMessage(value) ? [value] : []));
}

/** The values of a field that holds strings. */
export function textsIn({ fields }: OnnxMessage, field: number): string[] {
  return fields.flatMap(([number, value]) => (number === field && typeof value === "string" ? [value] : []));
}

/** A field that holds one string; empty where it is left out. */
export function textIn(message: OnnxMessage, field: number): string {
  return textsIn(message, field)[0] ?? "";
}

/** A field that holds one integer. */
export function integerIn({ fields }: OnnxMessage, field: number): number | undefined {
  const [, value] = fields.find(([number]) => number === field) ?? [];
  return typeof value === "number" ? value : undefined;
}

/** A message, and all that lie in it, at any depth. */
export function* allMessages(message: OnnxMessage): Generator<OnnxMessage> {
  yield message;
  for (const [, value] of message.fields) {
    if (isMessage(value)) {
      yield* allMessages(value);
    }
  }
}

function isMessage(value: FieldValue): value is OnnxMessage {
  return typeof value === "object" && "kind" in value;
}
