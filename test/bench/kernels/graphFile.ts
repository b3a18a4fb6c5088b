/** An ONNX file (onnx.proto3) taken apart into its graph's nodes and constants, to be changed and written again. */
import { bytes, type Encoded, field, integer, sequence } from "../../support/models/protobuf";
import { type Field, fieldsOf, messagesIn } from "../peers/onnxFields";
import { type Initializer, readInitializers } from "../peers/onnxInitializers";

/** `GraphProto`: its nodes, its constants and its outputs. */
const NODE = 1;
const CONSTANT = 5;
const OUTPUT = 12;
/** `ModelProto`: its graph, and the sets of operators that it uses. */
const GRAPH = 7;
const OPERATOR_SET = 8;

/** One operation of the graph. */
export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The attribute `axis`; 0 where there is none. */
  readonly axis: number;
  /** The node as it is written. */
  readonly message: Uint8Array;
}

/** Nodes and constants that take the place of a node. */
export interface Replacement {
  readonly nodes: readonly Uint8Array[];
  readonly constants: readonly Uint8Array[];
}

export class GraphFile {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Initializer>;
  private readonly model: readonly Field[];
  private readonly graph: readonly Field[];
  private readonly producers: ReadonlyMap<string, Node>;

  constructor(model: Uint8Array) {
    this.model = fieldsOf(model);
    this.graph = this.model.flatMap(([number, value]) =>
      number === GRAPH && typeof value !== "number" ? fieldsOf(value) : [],
    );
    this.constants = readInitializers(model);
    this.nodes = messagesIn(this.graph, NODE).map(nodeOf);
    this.producers = new Map(this.nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
  }

  /** The node that computes a value; none for constants and inputs. */
  producer(value: string): Node | undefined {
    return this.producers.get(value);
  }

  /**
   * The file with some nodes replaced, without what nothing needs any more. Operators of onnxruntime are declared.
   *
   * @param replace what takes the place of a node; `null` keeps it
   * @param common nodes and constants that replacements share
   */
  with(replace: (node: Node) => Replacement | null, common: Replacement): Uint8Array {
    const replaced = this.nodes.map((node) => [node.message, replace(node)] as const);
    const nodes = [...common.nodes, ...replaced.flatMap(([message, other]) => other?.nodes ?? [message])];
    const added = replaced.flatMap(([, other]) => other?.constants ?? []);
    const constants = [...messagesIn(this.graph, CONSTANT), ...common.constants, ...added];
    const { neededNodes, needed } = this.neededOf(nodes);
    const graph = [
      ...neededNodes.map((node): Field => [NODE, node]),
      ...this.graph.filter(([number]) => number > NODE && number < CONSTANT),
      ...constants
        .filter((constant) => needed.has(nameOf(constant)))
        .map((constant): Field => [CONSTANT, constant]),
      ...this.graph.filter(([number]) => number > CONSTANT),
    ];
    const operators = contentOf(sequence([field(1, "com.microsoft"), integer(2, 1)]));
    return contentOf(
      encode([
        ...this.model.filter(([number]) => number < GRAPH),
        [GRAPH, contentOf(encode(graph))],
        ...this.model.filter(([number]) => number === OPERATOR_SET),
        [OPERATOR_SET, operators],
        ...this.model.filter(([number]) => number > OPERATOR_SET),
      ]),
    );
  }

  /** The nodes on which the graph's outputs depend, and the names of all values that these read. */
  private neededOf(messages: readonly Uint8Array[]): { neededNodes: Uint8Array[]; needed: Set<string> } {
    const needed = new Set(messagesIn(this.graph, OUTPUT).map((output) => textIn(fieldsOf(output), 1)));
    const nodes = messages.map(nodeOf);
    const kept = new Set<Node>();
    // What computes a value stands before what reads it, replacements too.
    for (const node of nodes.reverse()) {
      if (node.outputs.some((output) => needed.has(output))) {
        kept.add(node);
        for (const input of node.inputs) {
          needed.add(input);
        }
      }
    }
    return {
      neededNodes: nodes
        .reverse()
        .filter((node) => kept.has(node))
        .map(({ message }) => message),
      needed,
    };
  }
}

/** What a graph of the test support holds, as a replacement. */
export function replacementOf(graph: Encoded): Replacement {
  const fields = fieldsOf(contentOf(graph));
  return { nodes: messagesIn(fields, NODE), constants: messagesIn(fields, CONSTANT) };
}

function nodeOf(message: Uint8Array): Node {
  const fields = fieldsOf(message);
  const axis = messagesIn(fields, 5)
    .map(fieldsOf)
    .find((attribute) => textIn(attribute, 1) === "axis")
    ?.find(([number]) => number === 3)?.[1];
  return {
    operator: textIn(fields, 4),
    inputs: messagesIn(fields, 1).map(textOf),
    outputs: messagesIn(fields, 2).map(textOf),
    axis: typeof axis === "number" ? axis : 0,
    message,
  };
}

function nameOf(tensor: Uint8Array): string {
  return textIn(fieldsOf(tensor), 8);
}

function textIn(fields: readonly Field[], number: number): string {
  return messagesIn(fields, number).map(textOf)[0] ?? "";
}

function textOf(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}

function encode(fields: readonly Field[]): Encoded {
  return sequence(
    fields.map(([number, value]) =>
      typeof value === "number" ? integer(number, value) : field(number, bytes(value)),
    ),
  );
}

function contentOf(encoded: Encoded): Uint8Array {
  return Buffer.concat([...encoded.pieces()]);
}
