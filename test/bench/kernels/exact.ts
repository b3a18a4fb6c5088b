/**
 * The embedded model's graph such that every processor computes the same bits, whatever its kernels: each product of
 * matrices is one of integers, kept as float32 and so small that no sum of them exceeds 2^24. Such sums are exact, so
 * neither their order nor a fused multiply-add matters. What lies between is left to operations that IEEE 754 defines,
 * and a table.
 */
import { floatBytes, Graph, type Value } from "../../support/models/onnx";
import { addZeroPoints, roundedToBytes, withZeroPoint, zeroPoint } from "./activationBytes";
import { type GraphFile, type Node, replacementOf } from "./graphFile";
import { coarser, codesByInput, type Part, type Product, productsOf, type Weights } from "./products";

/** float32 holds every integer up to here. */
const EXACT = 2 ** 24;

const [HEADS, SHARED_HEADS, HEAD_SIZE] = [4, 2, 64];
const NORM_EPSILON = 1e-5;
const QUERIES_AND_KEYS = HEADS + SHARED_HEADS;
/**
 * Largest integers for queries and keys, and what 1 stands for: then 512 is what was seen at most (11.3). Its square is a
 * power of two, and so is the next one's: the runtime may multiply by these within a product.
 */
const [LARGEST_KEY, KEY_STEP] = [Math.floor(Math.sqrt(EXACT / HEAD_SIZE)), 2 ** -5.5];
/** The sum of all weights that attention gives; each is rounded, so that 1024 of them may be a little more. */
const WEIGHT_SUM = 4096;
const [LARGEST_VALUE, VALUE_STEP] = [Math.floor(EXACT / (WEIGHT_SUM + 512)), 2 ** -9];
/**
 * Kernels differ in the last bits of exponential and sigmoid. So these are asked only for multiples of 1/64, whose values
 * times a factor are rounded to integers, and the factor is one with which no value lies where rounding turns.
 */
const [GRID, FURTHEST] = [64, 16];
/** Added and taken away again, it leaves the nearest multiple: float32 has no others there. */
const TO_GRID = (1.5 * 2 ** 23) / GRID;
/** More than any kernel's values may stray, relatively. */
const KERNEL_ERROR = 1e-6;
const POWER_FACTOR = steadyFactor(WEIGHT_SUM, (x) => Math.exp(Math.min(x, 1 / GRID)));
const SIGMOID_FACTOR = steadyFactor(1024, (x) => 1 / (1 + Math.exp(-x)));

const SHARED = {
  cos: "exact/cos",
  sin: "exact/sin",
};

/**
 * What adds the integers of a product up. `int7`: as `uint8`, with weights rounded once more, since faster kernels multiply
 * by signed ones, and some of those overflow with more bits.
 */
export type ExactKernel = "float32" | "uint8" | "int7";

export function exactGraph(file: GraphFile, kernelFor: (part: Part) => ExactKernel): Uint8Array {
  const products = new Map(productsOf(file).map((product) => [product.node, product]));
  const graphFor = (node: Node): Graph | null => {
    const product = products.get(node);
    if (product !== undefined) {
      return productGraph(file, product, kernelFor(product.part));
    }
    switch (node.operator) {
      case "Attention":
        return attentionGraph(file, node);
      case "Sigmoid":
        return sigmoidGraph(node);
      default:
        return null;
    }
  };
  return file.with(
    (node) => {
      const graph = graphFor(node);
      return graph === null ? null : replacementOf(graph.encode(null));
    },
    replacementOf(sharedPart().encode(null)),
  );
}

function sharedPart(): Graph {
  const graph = new Graph("exact");
  for (const [table, name] of [
    ["rotary_cos", SHARED.cos],
    ["rotary_sin", SHARED.sin],
  ] as const) {
    const rows = graph.node("Gather", [table, "position_ids"], { axis: 0 });
    graph.node("Unsqueeze", [rows, graph.integers([2])], {}, name);
  }
  addZeroPoints(graph);
  return graph;
}

/** The product of two integer matrices, then the scales of both. */
function productGraph(file: GraphFile, { node, weights }: Product, kernel: ExactKernel): Graph {
  const [input = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const graph = new Graph(output);
  const norm = normBefore(file, input);
  const { sums, step, scales } =
    kernel !== "float32"
      ? integerSums(graph, kernel, input, norm, weights)
      : norm === null
        ? floatSums(graph, input, weights)
        : floatSumsAfterNorm(graph, norm, weights);
  const scaled = graph.node("Mul", [sums, weight(graph, `${output}/scales`, scales)]);
  graph.node("Mul", [scaled, step], {}, output);
  return graph;
}

/** What RMSNormalization does to its input: it divides each row, and then multiplies each column. */
interface Norm {
  readonly state: Value;
  readonly factors: Float32Array;
}

function normBefore(file: GraphFile, input: Value): Norm | null {
  const { operator, inputs = [] } = file.producer(input) ?? {};
  const [state, factors] = inputs;
  const content = factors === undefined ? undefined : file.constants.get(factors)?.content;
  return operator !== "RMSNormalization" || state === undefined || content === undefined
    ? null
    : { state, factors: new Float32Array(content.buffer) };
}

interface Sums {
  /** Sums of integers. */
  readonly sums: Value;
  /** What 1 stands for in each row. */
  readonly step: Value;
  /** What 1 stands for in each column. */
  readonly scales: Float32Array;
}

function floatSums(graph: Graph, activations: Value, weights: Weights): Sums {
  const { rounded, step } = roundedRows(graph, activations, mostExact(weights));
  return { sums: graph.node("MatMul", [rounded, matrixOf(graph, weights)]), step, scales: weights.scales };
}

/** Rounds the rows before the norm, whose squares then add up exactly, and once more after the columns' factors. */
function floatSumsAfterNorm(graph: Graph, { state, factors }: Norm, weights: Weights): Sums {
  const most = Math.min(mostExact(weights), mostSquared(weights.inputs));
  const { rounded, step } = roundedRows(graph, state, most);
  const largest = factors.reduce((so, factor) => Math.max(so, Math.abs(factor)), 0);
  const columns = weight(
    graph,
    `${graph.name}/factors`,
    factors.map((factor) => factor / largest),
  );
  const again = graph.node("Round", [graph.node("Mul", [rounded, columns])]);
  return {
    sums: graph.node("MatMul", [again, matrixOf(graph, weights)]),
    step: graph.node("Div", [step, rootMeanSquare(graph, rounded, step, weights.inputs)]),
    scales: weights.scales.map((scale) => scale * largest),
  };
}

/** The largest activations with which no sum exceeds what float32 holds: 11 bits, or a little less. */
function mostExact({ inputs, outputs, codes }: Weights): number {
  let largestSum = 0;
  for (let row = 0; row < outputs; row++) {
    const sum = codes.subarray(row * inputs, (row + 1) * inputs).reduce((so, code) => so + Math.abs(code), 0);
    largestSum = Math.max(largestSum, sum);
  }
  return Math.floor(EXACT / largestSum);
}

/** The largest integers of a row whose squares add up to less than 2^31. */
function mostSquared(length: number): number {
  return Math.floor(Math.sqrt(2 ** 31 / length)) - 1;
}

function matrixOf(graph: Graph, weights: Weights): Value {
  const content = new Uint8Array(codesByInput(weights).buffer);
  const dimensions = [weights.inputs, weights.outputs];
  const stored = graph.weight(`${graph.name}/codes`, "int8", dimensions, content.length, () => content);
  return graph.node("Cast", [stored], { to: 1 });
}

/** Activations of 8 bits, and 32-bit integers. */
function integerSums(
  graph: Graph,
  kernel: "uint8" | "int7",
  input: Value,
  norm: Norm | null,
  given: Weights,
): Sums {
  const weights = kernel === "int7" ? coarser(given) : given;
  const { inputs, outputs, scales } = weights;
  const activations =
    norm === null
      ? input
      : graph.node("Mul", [norm.state, weight(graph, `${graph.name}/factors`, norm.factors)]);
  const codes = codesByInput(weights);
  const [element, content] =
    kernel === "int7"
      ? (["int8", new Uint8Array(codes.buffer)] as const)
      : (["uint8", withZeroPoint(codes)] as const);
  const matrix = graph.weight(
    `${graph.name}/codes`,
    element,
    [inputs, outputs],
    content.length,
    () => content,
  );
  const zero = zeroPoint(graph, "zero");
  const { rounded, rows } = roundedToBytes(graph, activations);
  const sums = graph.node(
    "Cast",
    [graph.node("MatMulInteger", [rounded, matrix, zero, kernel === "int7" ? null : zero])],
    { to: 1 },
  );
  if (norm === null) {
    return { sums, step: rows, scales };
  }
  const squared = roundedRows(graph, norm.state, mostSquared(inputs));
  const root = rootMeanSquare(graph, squared.rounded, squared.step, inputs);
  return { sums, step: graph.node("Div", [rows, root]), scales };
}

/** Each row as integers up to `largest`, and what 1 stands for in it. */
function roundedRows(graph: Graph, value: Value, largest: number): { rounded: Value; step: Value } {
  const most = graph.node("ReduceMax", [graph.node("Abs", [value]), graph.integers([-1])], { keepdims: 1 });
  const positive = graph.node("Max", [most, graph.scalar("float32", 1e-30)]);
  const step = graph.node("Mul", [positive, graph.scalar("float32", 1 / largest)]);
  return { rounded: graph.node("Round", [graph.node("Div", [value, step])]), step };
}

/** Of each row of integers, when 1 stands for `step`. */
function rootMeanSquare(graph: Graph, rounded: Value, step: Value, length: number): Value {
  const integers = graph.node("Cast", [rounded], { to: 6 });
  const sum = graph.node("ReduceSumSquare", [integers, graph.integers([-1])], { keepdims: 1 });
  const mean = graph.node("Mul", [graph.node("Cast", [sum], { to: 1 }), graph.scalar("float32", 1 / length)]);
  const scaled = graph.node("Mul", [graph.node("Mul", [mean, step]), step]);
  return graph.node("Sqrt", [graph.node("Add", [scaled, graph.scalar("float32", NORM_EPSILON)])]);
}

/** Takes the place of Attention, with the rotations before it. Keys and values are cached as integers. */
function attentionGraph(file: GraphFile, node: Node): Graph {
  const [, , value = "", bias = "", pastKey = "", pastValue = ""] = node.inputs;
  const [output = "", presentKey = "", presentValue = ""] = node.outputs;
  const [joined = ""] = file.producer(value)?.inputs ?? [];
  const graph = new Graph(output);
  const [rotating, values] = split(
    graph,
    joined,
    [QUERIES_AND_KEYS * HEAD_SIZE, SHARED_HEADS * HEAD_SIZE],
    -1,
  );
  const heads = graph.node("Reshape", [rotating, graph.integers([0, 0, QUERIES_AND_KEYS, HEAD_SIZE])]);
  const [first, second] = split(graph, heads, [HEAD_SIZE / 2, HEAD_SIZE / 2], -1);
  const times = (a: Value, b: Value): Value => graph.node("Mul", [a, b]);
  const turned = graph.node(
    "Concat",
    [
      graph.node("Sub", [times(first, SHARED.cos), times(second, SHARED.sin)]),
      graph.node("Add", [times(first, SHARED.sin), times(second, SHARED.cos)]),
    ],
    { axis: -1 },
  );
  const [queries, keys] = split(
    graph,
    integersOf(graph, turned, LARGEST_KEY, KEY_STEP),
    [HEADS, SHARED_HEADS],
    2,
  );
  // A token's heads that share keys are rows of their own, as in the shipped graph.
  const arranged = (one: Value): Value =>
    graph.node(
      "Transpose",
      [graph.node("Reshape", [one, graph.integers([0, -1, SHARED_HEADS, HEAD_SIZE])])],
      {
        perm: [0, 2, 1, 3],
      },
    );
  const allKeys = graph.node("Concat", [pastKey, arranged(keys)], { axis: 2 }, presentKey);
  const allValues = graph.node(
    "Concat",
    [pastValue, arranged(integersOf(graph, values, LARGEST_VALUE, VALUE_STEP))],
    { axis: 2 },
    presentValue,
  );
  const sums = graph.node("com.microsoft:FusedMatMul", [arranged(queries), allKeys], {
    transB: 1,
    alpha: { float: KEY_STEP ** 2 * HEAD_SIZE ** -0.5 },
  });
  const seen = graph.node("Add", [sums, bias]);
  const best = graph.node("ReduceMax", [seen, graph.integers([-1])], { keepdims: 1 });
  const to = graph.scalar("float32", TO_GRID);
  const behind = graph.node("Sub", [graph.node("Sub", [seen, graph.node("Sub", [best, to])]), to]);
  const powers = roundedOf(graph, "Exp", behind, POWER_FACTOR);
  const sum = graph.node("ReduceSum", [powers, graph.integers([-1])], { keepdims: 1 });
  const share = graph.node("Div", [graph.scalar("float32", WEIGHT_SUM), sum]);
  const weights = graph.node("Round", [times(powers, share)]);
  const attended = graph.node("MatMul", [weights, allValues]);
  const scaled = times(attended, graph.scalar("float32", VALUE_STEP / WEIGHT_SUM));
  const rows = graph.node("Transpose", [scaled], { perm: [0, 2, 1, 3] });
  graph.node("Reshape", [rows, graph.integers([0, 0, SHARED_HEADS * HEAD_SIZE])], {}, output);
  return graph;
}

function sigmoidGraph({ inputs: [input = ""], outputs: [output = ""] }: Node): Graph {
  const graph = new Graph(output);
  const to = graph.scalar("float32", TO_GRID);
  const near = graph.node("Sub", [graph.node("Add", [input, to]), to]);
  const whole = roundedOf(graph, "Sigmoid", near, SIGMOID_FACTOR);
  graph.node("Mul", [whole, graph.scalar("float32", 1 / SIGMOID_FACTOR)], {}, output);
  return graph;
}

/** A function's values at places of the grid as integers, when 1 becomes `factor`. */
function roundedOf(graph: Graph, operator: "Exp" | "Sigmoid", places: Value, factor: number): Value {
  const values = graph.node(operator, [places]);
  return graph.node("Round", [graph.node("Mul", [values, graph.scalar("float32", factor)])]);
}

/**
 * A factor near `wanted` that leaves no value of a function close to where rounding turns, so that kernels which compute
 * the function a little differently agree. The places are those of the grid, as far as values are told apart.
 */
function steadyFactor(wanted: number, valueAt: (x: number) => number): number {
  const values = Array.from({ length: 2 * FURTHEST * GRID + 1 }, (_, at) => valueAt(at / GRID - FURTHEST));
  for (let factor = wanted; factor < 2 * wanted; factor += 1 / 16) {
    const steady = values.every((value) => {
      const scaled = value * factor;
      return Math.abs(scaled - Math.floor(scaled) - 0.5) > KERNEL_ERROR * Math.max(scaled, 1);
    });
    if (steady) {
      return factor;
    }
  }
  throw new Error("every factor leaves a value where rounding turns");
}

/** The nearest integers when `step` becomes 1, none beyond `largest`. */
function integersOf(graph: Graph, value: Value, largest: number, step: number): Value {
  const scaled = graph.node("Mul", [value, graph.scalar("float32", 1 / step)]);
  const limit = [graph.scalar("float32", -largest), graph.scalar("float32", largest)];
  return graph.node("Round", [graph.node("Clip", [scaled, ...limit])]);
}

function split(graph: Graph, value: Value, sizes: readonly [number, number], axis: number): [Value, Value] {
  const outputs: [Value, Value] = [`${value}/first`, `${value}/second`];
  graph.nodes("Split", [value, graph.integers(sizes)], outputs, { axis });
  return outputs;
}

function weight(graph: Graph, name: string, values: Float32Array): Value {
  const content = floatBytes("float32", values);
  return graph.weight(name, "float32", [values.length], content.length, () => content);
}
