import type { CachePart } from "../../models/files/graphLayout";
import type { GraphNode } from "../../models/files/onnxFile";

/** Its inputs 3 and 4 are the past, its outputs 1 and 2 the present: onnxruntime, `contrib_ops`. */
const OPERATOR = "GroupQueryAttention";
const PAST = [3, 4];
const PRESENT = [1, 2];

/**
 * True for a graph whose whole cache goes through GroupQueryAttention and nothing else. That operator writes new
 * positions behind the old ones where past and present are the same memory, and takes the number of old ones from the
 * attention mask, so that the memory may be larger than its content. Any other node could mistake one for the other.
 */
export function writesCacheInPlace(nodes: readonly GraphNode[], cache: readonly CachePart[]): boolean {
  const sources = new Map(
    nodes
      .filter(({ operator }) => operator === "Identity")
      .map(({ inputs: [from = ""], outputs: [to = ""] }) => [to, from]),
  );
  return cache.every(({ past, present }) => {
    const readers = nodes.filter(({ inputs }) => inputs.includes(past));
    const [reader] = readers;
    if (reader === undefined || readers.length > 1 || reader.operator !== OPERATOR) {
      return false;
    }
    const source = sources.get(present) ?? present;
    return PAST.some(
      (input, part) => reader.inputs[input] === past && reader.outputs[PRESENT[part] ?? -1] === source,
    );
  });
}
