import { fieldsOf } from "./protobuf";

/**
 * Reads as much of an ONNX file (onnx.proto3, protocol buffers) as is needed to know which other files belong to it:
 * runtimes open those by name, so every one has to be named, pinned and handed over from memory instead.
 */

/** Below a field of a message lies a message of another kind; everything else is skipped. */
type Kind = "model" | "graph" | "node" | "attribute" | "sparse" | "function" | "tensor" | "entry";

const MESSAGES: Readonly<Record<Kind, Readonly<Record<number, Kind>>>> = {
  model: { 7: "graph", 25: "function" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  function: { 7: "node", 11: "attribute" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: { 13: "entry" },
  entry: {},
};
/** A node's fields. */
const [INPUT, OUTPUT, OPERATOR] = [1, 2, 4];
const MAX_DEPTH = 64;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The files of external data that a graph names, relative to its folder, each once, in the order of their first use.
 *
 * @throws Error for bytes that are no such file
 */
export function externalDataOf(model: Uint8Array): string[] {
  const found = new Set<string>();
  visit(model, "model", 0, (kind, strings) => {
    if (kind === "entry" && strings[1]?.[0] === "location") {
      found.add(strings[2]?.[0] ?? "");
    }
  });
  return [...found];
}

/** One operation of a graph; names that are left out are empty. */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * All nodes of a graph, also those of graphs inside of it.
 *
 * @throws Error for bytes that are no such file
 */
export function nodesOf(model: Uint8Array): GraphNode[] {
  const nodes: GraphNode[] = [];
  visit(model, "model", 0, (kind, strings) => {
    if (kind !== "node") {
      return;
    }
    const operator = strings[OPERATOR]?.[0] ?? "";
    nodes.push({ operator, inputs: strings[INPUT] ?? [], outputs: strings[OUTPUT] ?? [] });
  });
  return nodes;
}

/** By number of the field. */
type Strings = Readonly<Record<number, readonly string[]>>;

function visit(
  bytes: Uint8Array,
  kind: Kind,
  depth: number,
  onStrings: (kind: "node" | "entry", strings: Strings) => void,
): void {
  if (depth > MAX_DEPTH) {
    throw new Error("the graph is nested too deep");
  }
  const strings: Record<number, string[]> = {};
  for (const [field, content] of fieldsOf(bytes)) {
    if (!(content instanceof Uint8Array)) {
      continue;
    }
    const inner = MESSAGES[kind][field];
    if (inner !== undefined) {
      visit(content, inner, depth + 1, onStrings);
    } else if (kind === "entry" || (kind === "node" && field <= OPERATOR)) {
      strings[field] = [...(strings[field] ?? []), utf8.decode(content)];
    }
  }
  if (kind === "entry" || kind === "node") {
    onStrings(kind, strings);
  }
}
