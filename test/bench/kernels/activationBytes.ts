/** Activations rounded to unsigned bytes with a scale for each token, by plain operators of ONNX. */
import type { Graph, Value } from "../../support/models/onnx";
import { LARGEST_CODE } from "./products";

/** The byte that stands for 0. */
export const ZERO_POINT = 128;

/** The value that holds the zero points of all tokens. */
const ZERO_POINTS = "activations/zero_points";

/** Computes the zero points of all tokens, once in a run. */
export function addZeroPoints(graph: Graph): void {
  const count = graph.node("Gather", [graph.node("Shape", ["input_ids"]), graph.integers([1])], { axis: 0 });
  graph.node("Expand", [zeroPoint(graph, "zero"), count], {}, ZERO_POINTS);
}

export function zeroPoint(graph: Graph, name: string): Value {
  return graph.weight(`${graph.name}/${name}`, "uint8", [], 1, () => Uint8Array.of(ZERO_POINT));
}

/** Activations of the shape [1, tokens, inputs] as bytes, and what 1 stands for: in each token, and for a product's rows. */
export function roundedToBytes(
  graph: Graph,
  activations: Value,
): { readonly rounded: Value; readonly rows: Value } {
  const magnitudes = graph.node("Abs", [activations]);
  const most = graph.node("ReduceMax", [magnitudes, graph.integers([0, 2])], { keepdims: 0 });
  const step = graph.node("Mul", [most, graph.scalar("float32", 1 / LARGEST_CODE)]);
  const rounded = graph.node("QuantizeLinear", [activations, step, ZERO_POINTS], { axis: 1 });
  return { rounded, rows: graph.node("Unsqueeze", [step, graph.integers([1])]) };
}

/** Signed codes as the bytes that stand for them. */
export function withZeroPoint(codes: Int8Array): Uint8Array {
  return Uint8Array.from(codes, (code) => code + ZERO_POINT);
}
