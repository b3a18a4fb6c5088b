/** Other ways to compute a product of activations and weights of 8 bits, each as a piece of an ONNX graph. */
import { floatBytes, Graph, type Value } from "../../support/models/onnx";
import { addZeroPoints, roundedToBytes, withZeroPoint, ZERO_POINT, zeroPoint } from "./activationBytes";
import { coarser, codesByInput, type Weights } from "./products";

/** How a product is computed. */
export type Kernel =
  /**
   * `MatMulNBits`: weights in blocks of `size` inputs.
   *
   * @property level its `accuracy_level`: 4 allows activations of 8 bits, 1 asks for float32
   */
  | { readonly kind: "blocks"; readonly bits: 8 | 4; readonly size: number; readonly level: 1 | 4 }
  /** Activations rounded to 8 bits with a scale for each token, by plain operators, and sums in 32-bit integers. */
  | { readonly kind: "integers"; readonly weights: IntegerWeights; readonly fused: boolean }
  /** Weights and activations as float16. */
  | { readonly kind: "half" };

/**
 * `uint8` are the same numbers as `int8` with a zero point of 128. Processors without VNNI add pairs of products of
 * unsigned and signed bytes in 16 bits, which overflow; `int7` (rounded to -63..63) cannot, nor can unsigned ones.
 */
export type IntegerWeights = "int8" | "uint8" | "int7";

/** What the kernels of a graph share. */
export function commonPart(): Graph {
  const graph = new Graph("activations");
  addZeroPoints(graph);
  return graph;
}

/** A graph that computes `output` from `input`, of the shape [1, tokens, inputs]. */
export function productGraph(kernel: Kernel, input: Value, weights: Weights, output: Value): Graph {
  const graph = new Graph(output);
  switch (kernel.kind) {
    case "blocks":
      blocks(graph, kernel, input, weights, output);
      break;
    case "integers":
      integers(graph, kernel, input, weights, output);
      break;
    case "half": {
      const half = Float32Array.from(valuesByInput(weights));
      const matrix = constant(
        graph,
        "weights",
        "float16",
        [weights.inputs, weights.outputs],
        floatBytes("float16", half),
      );
      const product = graph.node("MatMul", [graph.node("Cast", [input], { to: 10 }), matrix]);
      graph.node("Cast", [product], { to: 1 }, output);
    }
  }
  return graph;
}

function blocks(
  graph: Graph,
  { bits, size, level }: Kernel & { kind: "blocks" },
  input: Value,
  weights: Weights,
  output: Value,
): void {
  const { inputs, outputs } = weights;
  const count = Math.ceil(inputs / size);
  const { codes, scales } = bits === 8 ? blocksOf8(weights, size) : blocksOf4(weights, size);
  graph.node(
    "com.microsoft:MatMulNBits",
    [
      input,
      constant(graph, "codes", "uint8", [outputs, count, (size * bits) / 8], codes),
      constant(graph, "scales", "float32", [outputs * count], floatBytes("float32", scales)),
    ],
    { K: inputs, N: outputs, bits, block_size: size, accuracy_level: level },
    output,
  );
}

function integers(
  graph: Graph,
  { weights: kind, fused }: Kernel & { kind: "integers" },
  input: Value,
  weights: Weights,
  output: Value,
): void {
  const { codes, scales } = kind === "int7" ? coarser(weights) : weights;
  const signed = codesByInput({ ...weights, codes });
  const content = kind === "uint8" ? withZeroPoint(signed) : new Uint8Array(signed.buffer);
  const dimensions = [weights.inputs, weights.outputs];
  const matrix = constant(graph, "codes", kind === "uint8" ? "uint8" : "int8", dimensions, content);
  const columns = constant(graph, "scales", "float32", [weights.outputs], floatBytes("float32", scales));
  const { rounded, rows } = roundedToBytes(graph, input);
  const zeros = [zeroPoint(graph, "zero"), kind === "uint8" ? zeroPoint(graph, "zero_of_weights") : null];
  if (fused) {
    const one = graph.scalar("float32", 1);
    const product = graph.node("com.microsoft:MatMulIntegerToFloat", [
      rounded,
      matrix,
      one,
      columns,
      ...zeros,
    ]);
    graph.node("Mul", [product, rows], {}, output);
  } else {
    const sums = graph.node("Cast", [graph.node("MatMulInteger", [rounded, matrix, ...zeros])], { to: 1 });
    graph.node("Mul", [graph.node("Mul", [sums, columns]), rows], {}, output);
  }
}

function constant(
  graph: Graph,
  name: string,
  element: "uint8" | "int8" | "float32" | "float16",
  dimensions: readonly number[],
  content: Uint8Array,
): Value {
  return graph.weight(`${graph.name}/${name}`, element, dimensions, content.length, () => content);
}

function valuesByInput(weights: Weights): Float32Array {
  const { outputs, scales } = weights;
  return Float32Array.from(codesByInput(weights), (code, at) => code * (scales[at % outputs] ?? 0));
}

/** Each row's scale, repeated for each of its blocks; what is left of the last block means zero. */
function blocksOf8({ inputs, outputs, codes, scales }: Weights, size: number): Blocks {
  const count = Math.ceil(inputs / size);
  const content = new Uint8Array(outputs * count * size).fill(ZERO_POINT);
  for (let output = 0; output < outputs; output++) {
    content.set(withZeroPoint(codes.subarray(output * inputs, (output + 1) * inputs)), output * count * size);
  }
  return {
    codes: content,
    scales: Float32Array.from(
      { length: outputs * count },
      (_, block) => scales[Math.floor(block / count)] ?? 0,
    ),
  };
}

interface Blocks {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
}

/** Rounded once more: in each block the value furthest from zero becomes -8. */
function blocksOf4({ inputs, outputs, codes, scales }: Weights, size: number): Blocks {
  const count = Math.ceil(inputs / size);
  const content = new Uint8Array((outputs * count * size) / 2).fill(0x88);
  const coarse = new Float32Array(outputs * count);
  for (let output = 0; output < outputs; output++) {
    for (let block = 0; block < count; block++) {
      const start = output * inputs + block * size;
      const own = codes.subarray(start, Math.min(start + size, (output + 1) * inputs));
      const extreme = own.reduce((most, code) => (Math.abs(code) > Math.abs(most) ? code : most), 0);
      const factor = extreme === 0 ? 1 : extreme / -8;
      coarse[output * count + block] = factor * (scales[output] ?? 0);
      for (const [index, code] of own.entries()) {
        const small = Math.max(0, Math.min(15, Math.round(code / factor) + 8));
        const at = ((output * count + block) * size + index) >> 1;
        const before = content[at] ?? 0;
        content[at] = index % 2 === 0 ? (before & 0xf0) | small : (before & 0x0f) | (small << 4);
      }
    }
  }
  return { codes: content, scales: coarse };
}
