/**
 * ONNX as a parser of protocol buffers reads it: of two values the last counts, two messages of one field are merged,
 * unknown fields and values of another layout are skipped, and numbers may be spelled at any length.
 */

/** What a parser could take from a file's bytes to find other files, or to run. */
export interface LenientReading {
  readonly locations: readonly string[];
  readonly operators: readonly string[];
}

/** Messages that hold messages, as far as there are tensors and nodes below. */
const NESTED: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  model: { 7: "graph", 20: "training", 25: "function" },
  training: { 1: "graph", 2: "graph" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  function: { 7: "node", 11: "attribute" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: { 13: "entry" },
};
/** Fields of which only one message is kept: later ones are merged into it. */
const SINGULAR = ["model/7", "training/1", "training/2", "attribute/5", "attribute/6", "attribute/22"].concat(
  ["sparse/1", "sparse/2"],
);

/** @throws Error where a parser would give up */
export function readLeniently(bytes: Uint8Array): LenientReading {
  const locations = new Set<string>();
  const operators: string[] = [];
  collect(bytes, "model", (kind, fields) => {
    const last = (field: number): string => Buffer.from(fields.get(field)?.at(-1) ?? []).toString("utf8");
    if (kind === "entry" && last(1) === "location") {
      locations.add(last(2));
    }
    if (kind === "node") {
      operators.push(last(4));
    }
  });
  return { locations: [...locations], operators };
}

type Fields = ReadonlyMap<number, readonly Uint8Array[]>;

function collect(bytes: Uint8Array, kind: string, on: (kind: string, fields: Fields) => void): void {
  const fields = new Map<number, Uint8Array[]>();
  for (const [number, value] of delimitedIn(bytes)) {
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  on(kind, fields);
  for (const [number, values] of fields) {
    const inner = NESTED[kind]?.[number];
    if (inner === undefined) {
      continue;
    }
    // Merging two messages is the same as reading one after the other.
    const merged = SINGULAR.includes(`${kind}/${number}`) ? [Buffer.concat(values)] : values;
    for (const value of merged) {
      collect(value, inner, on);
    }
  }
}

/** The fields that are laid out as bytes with their length before them. */
function delimitedIn(bytes: Uint8Array): [number, Uint8Array][] {
  const found: [number, Uint8Array][] = [];
  const groups: bigint[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) {
        break;
      }
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        return BigInt.asUintN(64, value);
      }
    }
    throw new Error("no number");
  };
  const take = (length: bigint): Uint8Array => {
    if (length > BigInt(bytes.length - at)) {
      throw new Error("cut short");
    }
    at += Number(length);
    return bytes.subarray(at - Number(length), at);
  };
  while (at < bytes.length) {
    const tag = BigInt.asUintN(32, varint());
    const number = tag >> 3n;
    if (number === 0n) {
      throw new Error("no field");
    }
    switch (Number(tag & 7n)) {
      case 0:
        varint();
        break;
      case 1:
        take(8n);
        break;
      case 2: {
        const value = take(varint());
        if (groups.length === 0) {
          found.push([Number(number), value]);
        }
        break;
      }
      case 3:
        groups.push(number);
        break;
      case 4:
        if (groups.pop() !== number) {
          throw new Error("no group");
        }
        break;
      case 5:
        take(4n);
        break;
      default:
        throw new Error("no layout");
    }
  }
  if (groups.length > 0) {
    throw new Error("an open group");
  }
  return found;
}
