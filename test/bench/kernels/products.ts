/** The products of matrices in the embedded model's graph, with the weights of 8 bits that it restores for them. */
import type { GraphFile, Node } from "./graphFile";

export const PARTS = ["qkv", "out", "gate_up", "down", "logits"] as const;
/** What a product is for: attention's two, the feed-forward's two, and the output matrix. */
export type Part = (typeof PARTS)[number];

/** `outputs` rows of `inputs` codes each; a row's weights are its codes times its scale. */
export interface Weights {
  readonly inputs: number;
  readonly outputs: number;
  readonly codes: Int8Array;
  readonly scales: Float32Array;
}

/** Codes go from the negative of this to it. */
export const LARGEST_CODE = 127;

export interface Product {
  readonly node: Node;
  readonly part: Part;
  readonly weights: Weights;
}

/** A stored matrix of `rows` by `columns`, with one scale for each place along `scaled`. */
interface Stored {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly scaled: "rows" | "columns";
  readonly codes: Int8Array;
  readonly scales: Float32Array;
}

/** @throws Error where a product's right side is not made as server/training/python/export_onnx.py makes it */
export function productsOf(graph: GraphFile): Product[] {
  return graph.nodes
    .filter(({ operator }) => operator === "MatMul")
    .map((node) => {
      const stored = transposed(storedAt(graph, node.inputs[1] ?? ""));
      if (stored.scaled !== "rows") {
        throw new Error(`${stored.name} has no scale for each output`);
      }
      const { rows: outputs, columns: inputs, codes, scales } = stored;
      return { node, part: partOf(stored.name), weights: { inputs, outputs, codes, scales } };
    });
}

function partOf(name: string): Part {
  const part = PARTS.find((one) => name.endsWith(`.${one}.weight`));
  return part ?? "logits";
}

/** The weights that a value restores, followed through transposition and rearrangement. */
function storedAt(graph: GraphFile, value: string): Stored {
  const node = graph.producer(value);
  const [first = "", second = ""] = node?.inputs ?? [];
  switch (node?.operator) {
    case "Transpose":
      return transposed(storedAt(graph, first));
    case "Gather": {
      const stored = storedAt(graph, first);
      const order = integersOf(graph, second);
      return node.axis === 0 ? rearranged(stored, order) : transposed(rearranged(transposed(stored), order));
    }
    case "Mul":
      return restoredFrom(graph, graph.producer(first)?.inputs[0] ?? "", second);
    default:
      throw new Error(`${value} restores no weights`);
  }
}

function restoredFrom(graph: GraphFile, name: string, scale: string): Stored {
  const [codes, scales] = [graph.constants.get(name), graph.constants.get(scale)];
  const [rows = 0, columns = 0] = codes?.dimensions ?? [];
  if (codes?.element !== 3 || scales?.element !== 1) {
    throw new Error(`${name} is not kept as 8 bits and a scale`);
  }
  return {
    name,
    rows,
    columns,
    scaled: scales.dimensions[0] === rows ? "rows" : "columns",
    codes: new Int8Array(codes.content.buffer),
    scales: new Float32Array(scales.content.buffer),
  };
}

function integersOf(graph: GraphFile, name: string): number[] {
  const content = graph.constants.get(name)?.content;
  return content === undefined ? [] : Array.from(new BigInt64Array(content.buffer), Number);
}

function transposed({ name, rows, columns, scaled, codes, scales }: Stored): Stored {
  const turned = new Int8Array(codes.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = codes[row * columns + column] ?? 0;
    }
  }
  const other = scaled === "rows" ? "columns" : "rows";
  return { name, rows: columns, columns: rows, scaled: other, codes: turned, scales };
}

/** Its rows in another order. */
function rearranged({ columns, codes, scales, scaled, ...stored }: Stored, order: readonly number[]): Stored {
  const moved = new Int8Array(order.length * columns);
  for (const [to, from] of order.entries()) {
    moved.set(codes.subarray(from * columns, (from + 1) * columns), to * columns);
  }
  const scale = scaled === "rows" ? Float32Array.from(order, (from) => scales[from] ?? 0) : scales;
  return { ...stored, columns, scaled, rows: order.length, codes: moved, scales: scale };
}

/** The codes row by row of inputs, as a product's right side lies. */
export function codesByInput({ inputs, outputs, codes }: Weights): Int8Array {
  const turned = new Int8Array(codes.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      turned[input * outputs + output] = codes[output * inputs + input] ?? 0;
    }
  }
  return turned;
}

/** The same weights rounded once more, to -63..63. */
export function coarser(weights: Weights): Weights {
  const factor = LARGEST_CODE / 63;
  return {
    ...weights,
    codes: weights.codes.map((code) => Math.round(code / factor)),
    scales: weights.scales.map((scale) => scale * factor),
  };
}
