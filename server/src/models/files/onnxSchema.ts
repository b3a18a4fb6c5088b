/** What a field holds, other than a message. Enumerations are closed: a parser treats other numbers as unknown fields. */
export type Scalar =
  | "int32"
  | "int64"
  | "uint64"
  | "float"
  | "double"
  | "string"
  | "bytes"
  | "attributeType"
  | "dataLocation";

export type MessageKind =
  | "attribute"
  | "device"
  | "deviceConfiguration"
  | "dimension"
  | "entry"
  | "function"
  | "graph"
  | "integers"
  | "map"
  | "model"
  | "node"
  | "opaque"
  | "operatorSet"
  | "quantization"
  | "segment"
  | "sequence"
  | "shape"
  | "shardedDimension"
  | "sharding"
  | "simpleSharding"
  | "sparse"
  | "tensor"
  | "tensorType"
  | "training"
  | "type"
  | "valueInfo";

/** How often a field stands in a message: at most once, once for each value, or once for all values. */
export type Count = "one" | "many" | "packed";

type Field = readonly [count: Count, type: Scalar | MessageKind];

/** The fields of each message, by number. */
type Schema = Readonly<Record<MessageKind, Readonly<Record<number, Field>>>>;

/**
 * Every message of ONNX (onnx-ml.proto of onnx 1.23, IR version 14), in full. A newer file may have fields that this
 * table lacks, and the runtime may know them: such a file is refused until the table has them, too.
 */
export const ONNX_SCHEMA: Schema = {
  model: {
    1: ["one", "int64"],
    2: ["one", "string"],
    3: ["one", "string"],
    4: ["one", "string"],
    5: ["one", "int64"],
    6: ["one", "string"],
    7: ["one", "graph"],
    8: ["many", "operatorSet"],
    14: ["many", "entry"],
    20: ["many", "training"],
    25: ["many", "function"],
    26: ["many", "deviceConfiguration"],
  },
  graph: {
    1: ["many", "node"],
    2: ["one", "string"],
    5: ["many", "tensor"],
    10: ["one", "string"],
    11: ["many", "valueInfo"],
    12: ["many", "valueInfo"],
    13: ["many", "valueInfo"],
    14: ["many", "quantization"],
    15: ["many", "sparse"],
    16: ["many", "entry"],
  },
  node: {
    1: ["many", "string"],
    2: ["many", "string"],
    3: ["one", "string"],
    4: ["one", "string"],
    5: ["many", "attribute"],
    6: ["one", "string"],
    7: ["one", "string"],
    8: ["one", "string"],
    9: ["many", "entry"],
    10: ["many", "device"],
  },
  attribute: {
    1: ["one", "string"],
    2: ["one", "float"],
    3: ["one", "int64"],
    4: ["one", "bytes"],
    5: ["one", "tensor"],
    6: ["one", "graph"],
    7: ["many", "float"],
    8: ["many", "int64"],
    9: ["many", "bytes"],
    10: ["many", "tensor"],
    11: ["many", "graph"],
    13: ["one", "string"],
    14: ["one", "type"],
    15: ["many", "type"],
    20: ["one", "attributeType"],
    21: ["one", "string"],
    22: ["one", "sparse"],
    23: ["many", "sparse"],
  },
  tensor: {
    1: ["many", "int64"],
    2: ["one", "int32"],
    3: ["one", "segment"],
    4: ["packed", "float"],
    5: ["packed", "int32"],
    6: ["many", "bytes"],
    7: ["packed", "int64"],
    8: ["one", "string"],
    9: ["one", "bytes"],
    10: ["packed", "double"],
    11: ["packed", "uint64"],
    12: ["one", "string"],
    13: ["many", "entry"],
    14: ["one", "dataLocation"],
    16: ["many", "entry"],
  },
  sparse: { 1: ["one", "tensor"], 2: ["one", "tensor"], 3: ["many", "int64"] },
  segment: { 1: ["one", "int64"], 2: ["one", "int64"] },
  entry: { 1: ["one", "string"], 2: ["one", "string"] },
  function: {
    1: ["one", "string"],
    4: ["many", "string"],
    5: ["many", "string"],
    6: ["many", "string"],
    7: ["many", "node"],
    8: ["one", "string"],
    9: ["many", "operatorSet"],
    10: ["one", "string"],
    11: ["many", "attribute"],
    12: ["many", "valueInfo"],
    13: ["one", "string"],
    14: ["many", "entry"],
  },
  operatorSet: { 1: ["one", "string"], 2: ["one", "int64"] },
  training: { 1: ["one", "graph"], 2: ["one", "graph"], 3: ["many", "entry"], 4: ["many", "entry"] },
  quantization: { 1: ["one", "string"], 2: ["many", "entry"] },
  valueInfo: { 1: ["one", "string"], 2: ["one", "type"], 3: ["one", "string"], 4: ["many", "entry"] },
  type: {
    1: ["one", "tensorType"],
    4: ["one", "sequence"],
    5: ["one", "map"],
    6: ["one", "string"],
    7: ["one", "opaque"],
    8: ["one", "tensorType"],
    9: ["one", "sequence"],
  },
  tensorType: { 1: ["one", "int32"], 2: ["one", "shape"] },
  sequence: { 1: ["one", "type"] },
  map: { 1: ["one", "int32"], 2: ["one", "type"] },
  opaque: { 1: ["one", "string"], 2: ["one", "string"] },
  shape: { 1: ["many", "dimension"] },
  dimension: { 1: ["one", "int64"], 2: ["one", "string"], 3: ["one", "string"] },
  deviceConfiguration: { 1: ["one", "string"], 2: ["one", "int32"], 3: ["many", "string"] },
  device: { 1: ["one", "string"], 2: ["many", "sharding"], 3: ["one", "int32"] },
  sharding: {
    1: ["one", "string"],
    2: ["many", "int64"],
    3: ["many", "integers"],
    4: ["many", "shardedDimension"],
  },
  integers: { 1: ["one", "int64"], 2: ["many", "int64"] },
  shardedDimension: { 1: ["one", "int64"], 2: ["many", "simpleSharding"] },
  simpleSharding: { 1: ["one", "int64"], 2: ["one", "string"], 3: ["one", "int64"] },
};

/** Of these fields a message has one at most (`oneof`). */
export const ALTERNATIVES: Partial<Readonly<Record<MessageKind, readonly number[]>>> = {
  type: [1, 4, 5, 7, 8, 9],
  dimension: [1, 2],
  simpleSharding: [1, 2],
};
