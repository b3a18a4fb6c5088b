/** Writes ONNX files (onnx.proto3): as much of the format as decoder graphs need. */
import { closeSync, openSync } from "node:fs";
import { basename } from "node:path";
import { bytes, type Encoded, field, float, integer, sequence, writePieces } from "./protobuf";

/** `TensorProto.DataType`. */
export const ELEMENT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type Element = keyof typeof ELEMENT;

/** A value of a graph, by its name. */
export type Value = string & { readonly value?: never };

export type Attribute = number | { readonly float: number } | string | readonly number[] | Graph;

/** The shape of an input or output: numbers, and names for what varies. */
export type Shape = readonly (number | string)[];

interface Tensor {
  readonly name: string;
  readonly element: Element;
  readonly dimensions: readonly number[];
  /** Its bytes, or the file beside the graph that holds them and that nobody writes here. */
  readonly content: Encoded | { readonly location: string };
}

const INTERNAL = 1024;

/** A graph while it is built: nodes are added in the order in which they can run. */
export class Graph {
  private readonly encodedNodes: Encoded[] = [];
  private readonly tensors: Tensor[] = [];
  private readonly inputs: Encoded[] = [];
  private readonly outputs: Encoded[] = [];
  private readonly constants = new Map<string, Value>();
  private count = 0;

  constructor(readonly name: string) {}

  input(name: string, element: Element, shape: Shape): Value {
    this.inputs.push(field(11, valueInfo(name, element, shape)));
    return name;
  }

  output(name: string, element: Element, shape: Shape): void {
    this.outputs.push(field(12, valueInfo(name, element, shape)));
  }

  /** Adds a node with one output. */
  node(
    operator: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output?: Value,
  ): Value {
    const name = output ?? `${this.name}/${operator}_${this.count++}`;
    this.nodes(operator, inputs, [name], attributes);
    return name;
  }

  /** Adds a node with the outputs named. An operator of another domain is spelled `domain:Operator`. */
  nodes(
    operator: string,
    inputs: readonly (Value | null)[],
    outputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const [domain, type] = operator.includes(":") ? operator.split(":") : ["", operator];
    this.encodedNodes.push(
      field(
        1,
        sequence([
          ...inputs.map((input) => field(1, input ?? "")),
          ...outputs.map((output) => field(2, output)),
          field(3, `${this.name}/node_${this.encodedNodes.length}`),
          field(4, type ?? ""),
          ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
          field(7, domain ?? ""),
        ]),
      ),
    );
  }

  /** Adds a weight whose bytes are made when the file is written. */
  weight(
    name: string,
    element: Element,
    dimensions: readonly number[],
    size: number,
    make: () => Uint8Array,
  ): Value {
    this.tensors.push({
      name,
      element,
      dimensions,
      content: { size, pieces: () => [make()] },
    });
    return name;
  }

  /** Adds a weight whose bytes are in a file beside the graph. */
  externalWeight(name: string, element: Element, dimensions: readonly number[], location: string): Value {
    this.tensors.push({ name, element, dimensions, content: { location } });
    return name;
  }

  /** A constant of 64-bit integers; without dimensions a scalar. */
  integers(values: readonly number[] | number): Value {
    const list = typeof values === "number" ? [values] : values;
    return this.constant(
      "int64",
      typeof values === "number" ? [] : [list.length],
      new Uint8Array(BigInt64Array.from(list, BigInt).buffer),
    );
  }

  /** A scalar of the type in which the graph computes. */
  scalar(element: "float32" | "float16", value: number): Value {
    return this.constant(element, [], floatBytes(element, Float32Array.of(value)));
  }

  private constant(element: Element, dimensions: readonly number[], content: Uint8Array): Value {
    const key = `${element}:${dimensions.join("x")}:${Buffer.from(content).toString("hex")}`;
    const known = this.constants.get(key);
    if (known !== undefined) {
      return known;
    }
    const name = `${this.name}/constant_${this.constants.size}`;
    this.tensors.push({ name, element, dimensions, content: bytes(content) });
    this.constants.set(key, name);
    return name;
  }

  /** The graph as a message. Large tensors go to `external` where there is one. */
  encode(external: ExternalData | null): Encoded {
    return sequence([
      ...this.encodedNodes,
      field(2, this.name),
      ...this.tensors.map((tensor) => field(5, encodeTensor(tensor, external))),
      ...this.inputs,
      ...this.outputs,
    ]);
  }
}

/** A file beside the graph that holds its large tensors. */
export class ExternalData {
  private readonly contents: Encoded[] = [];
  private size = 0;

  constructor(readonly path: string) {}

  add(content: Encoded): { location: string; offset: number } {
    const offset = this.size;
    this.contents.push(content);
    this.size += content.size;
    return { location: basename(this.path), offset };
  }

  write(): void {
    writeFile(this.path, sequence(this.contents));
  }
}

/** Writes a model, and its external data where it has any. */
export function writeModel(path: string, graph: Graph, external: ExternalData | null = null): void {
  const operators = (domain: string, version: number): Encoded =>
    field(8, sequence([field(1, domain), integer(2, version)]));
  writeFile(
    path,
    sequence([
      integer(1, 9),
      field(2, "proofline"),
      field(7, graph.encode(external)),
      operators("", 18),
      operators("com.microsoft", 1),
    ]),
  );
  external?.write();
}

/**
 * Bytes in the format of ONNX that state a decoder's inputs and outputs, and no operation, so that they can be pinned and
 * not run.
 *
 * @param content what tells these bytes from others
 * @param data names the file of external data that the graph needs
 */
export function unusableGraph(content: Uint8Array | string, data?: string): Buffer {
  const graph = new Graph("unusable");
  graph.input("input_ids", "int64", ["batch", "sequence"]);
  for (const part of ["key", "value"]) {
    graph.input(`past_key_values.0.${part}`, "float32", ["batch", 1, "past", 8]);
    graph.output(`present.0.${part}`, "float32", ["batch", 1, "total", 8]);
  }
  graph.output("logits", "float32", ["batch", "sequence", "vocabulary"]);
  const told = typeof content === "string" ? new TextEncoder().encode(content) : content;
  graph.weight("content", "uint8", [told.length], told.length, () => told);
  if (data !== undefined) {
    graph.externalWeight("weight", "float32", [1], data);
  }
  return Buffer.concat([...field(7, graph.encode(null)).pieces()]);
}

function writeFile(path: string, content: Encoded): void {
  const file = openSync(path, "w");
  try {
    writePieces(file, content);
  } finally {
    closeSync(file);
  }
}

/** Numbers as the bytes of a tensor. */
export function floatBytes(element: "float32" | "float16", values: Float32Array): Uint8Array {
  if (element === "float32") {
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
  return new Uint8Array(Uint16Array.from(values, halfBits).buffer);
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The bits of the nearest half-precision number; halves away from zero. */
export function halfBits(value: number): number {
  single[0] = value;
  const bits = singleBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) {
    return sign | 0x7c00;
  }
  if (exponent <= 0) {
    if (exponent < -10) {
      return sign;
    }
    return sign | ((((fraction | 0x800000) >>> (13 - exponent)) + 1) >>> 1);
  }
  return sign | (((exponent << 10) | (fraction >>> 13)) + ((fraction >>> 12) & 1));
}

function encodeTensor(tensor: Tensor, external: ExternalData | null): Encoded {
  const start = [
    ...tensor.dimensions.map((dimension) => integer(1, dimension)),
    integer(2, ELEMENT[tensor.element]),
    field(8, tensor.name),
  ];
  const { content } = tensor;
  if ("location" in content) {
    return sequence([...start, ...elsewhere({ location: content.location })]);
  }
  if (external === null || content.size < INTERNAL) {
    return sequence([...start, field(9, content)]);
  }
  const { location, offset } = external.add(content);
  return sequence([
    ...start,
    ...elsewhere({ location, offset: String(offset), length: String(content.size) }),
  ]);
}

function elsewhere(entries: Readonly<Record<string, string>>): Encoded[] {
  return [
    ...Object.entries(entries).map(([key, value]) => field(13, sequence([field(1, key), field(2, value)]))),
    integer(14, 1),
  ];
}

function valueInfo(name: string, element: Element, shape: Shape): Encoded {
  const dimensions = shape.map((one) => field(1, typeof one === "number" ? integer(1, one) : field(2, one)));
  const tensor = sequence([integer(1, ELEMENT[element]), field(2, sequence(dimensions))]);
  return sequence([field(1, name), field(2, field(1, tensor))]);
}

function attribute(name: string, value: Attribute): Encoded {
  const parts = (type: number, content: Encoded[]): Encoded =>
    sequence([field(1, name), ...content, integer(20, type)]);
  if (typeof value === "number") {
    return parts(2, [integer(3, value)]);
  }
  if (typeof value === "string") {
    return parts(3, [field(4, value)]);
  }
  if (value instanceof Graph) {
    return parts(5, [field(6, value.encode(null))]);
  }
  if ("float" in value) {
    return parts(1, [float(2, value.float)]);
  }
  return parts(
    7,
    value.map((one) => integer(8, one)),
  );
}
