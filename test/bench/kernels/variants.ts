/** The variants that are compared: the embedded model's graph with some of its products computed in another way. */

import { type ExactKernel, exactGraph } from "./exact";
import { GraphFile, replacementOf } from "./graphFile";
import type { Kernel } from "./kernels";
import { commonPart, productGraph } from "./kernels";
import { PARTS, type Part, productsOf } from "./products";

export interface Variant {
  readonly name: string;
  /** Makes its graph of the model's. */
  readonly of: (model: Uint8Array) => Uint8Array;
}

const everywhere = (name: string, kernel: Kernel): Variant => only(name, PARTS, kernel);
const only = (name: string, parts: readonly Part[], kernel: Kernel): Variant => ({
  name,
  of: (model) => withKernel(model, parts, kernel),
});
/** Bits that no processor's kernels change, with integers as such in some products, as float32 in the others. */
const exact = (name: string, parts: readonly Part[], kernel: ExactKernel): Variant => ({
  name,
  of: (model) => exactGraph(new GraphFile(model), (part) => (parts.includes(part) ? kernel : "float32")),
});
const FEED_FORWARD: readonly Part[] = ["gate_up", "down"];

const blocks = (size: number, level: 1 | 4 = 4, bits: 8 | 4 = 8): Kernel => ({
  kind: "blocks",
  bits,
  size,
  level,
});
const integers = (weights: "int8" | "uint8" | "int7", fused = false): Kernel => ({
  kind: "integers",
  weights,
  fused,
});

/** The first is what ships. */
export const VARIANTS: readonly Variant[] = [
  { name: "float32", of: (model) => model },
  everywhere("blocks of 32", blocks(32)),
  everywhere("blocks of 64", blocks(64)),
  everywhere("blocks of 128", blocks(128)),
  everywhere("blocks of 256", blocks(256)),
  everywhere("blocks of 64, level 1", blocks(64, 1)),
  everywhere("integers, int8", integers("int8")),
  everywhere("integers, uint8", integers("uint8")),
  everywhere("integers, uint8, fused", integers("uint8", true)),
  everywhere("integers, 7 bits", integers("int7")),
  only("logits in blocks of 64", ["logits"], blocks(64)),
  only("logits in integers", ["logits"], integers("uint8", true)),
  only("feed-forward in blocks of 64", FEED_FORWARD, blocks(64)),
  only("feed-forward in integers", FEED_FORWARD, integers("uint8", true)),
  everywhere("float16", { kind: "half" }),
  everywhere("4 bits in blocks of 32", blocks(32, 4, 4)),
  exact("exact", PARTS, "float32"),
  exact("exact, feed-forward and logits in integers", [...FEED_FORWARD, "logits"], "uint8"),
  exact("exact, all in integers", PARTS, "uint8"),
  exact("exact, all in integers of 7 bits", PARTS, "int7"),
];

/** The model's graph with another kernel for some of its products. */
function withKernel(model: Uint8Array, parts: readonly Part[], kernel: Kernel): Uint8Array {
  const graph = new GraphFile(model);
  const products = new Map(productsOf(graph).map((product) => [product.node, product]));
  return graph.with(
    (node) => {
      const product = products.get(node);
      const [input = ""] = node.inputs;
      const [output = ""] = node.outputs;
      return product === undefined || !parts.includes(product.part)
        ? null
        : replacementOf(productGraph(kernel, input, product.weights, output).encode(null));
    },
    replacementOf(commonPart().encode(null)),
  );
}
