import { RepositoryPath } from "../../platform/primitives";
import {
  allMessages,
  decodeOnnx,
  integerIn,
  messagesIn,
  type OnnxMessage,
  textIn,
  textsIn,
} from "./onnxMessage";

/** What a graph's file says, as the runtime reads it, too. */
export interface OnnxFile {
  readonly model: OnnxMessage;
  /**
   * The files of external data that the graph names, relative to its folder, each once, in the order of their first use.
   * The runtime finds data by these names, so every one has to be pinned and handed over from memory instead.
   */
  readonly external: readonly string[];
  /** All nodes, also those of graphs inside of it. */
  readonly nodes: readonly GraphNode[];
}

/** One operation of a graph; names that are left out are empty. */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Whose operators the runtime has by itself. All others come from libraries, or are functions of the model. */
const DOMAINS = ["", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc"];
/** Holds what a provider compiled, or the path of a file with it. */
const COMPILED = "EPContext";
/** Under this key of a model's metadata the runtime looks for settings of its own. */
const SETTINGS = "ort_config";
/** All that ONNX knows about external data; the runtime has more of its own, for weights that it rearranged. */
const DATA_KEYS = ["location", "offset", "length", "checksum"];
/** Numbers are spelled in one way, and small enough for whoever computes with them. */
const NUMBER = /^(?:0|[1-9]\d{0,14})$/;
/** Characters that some system does not allow in a name, or understands in its own way. */
const UNPORTABLE = /[*?"<>|:\p{C}]/u;

/**
 * Reads an ONNX file (onnx.proto, protocol buffers), and refuses one that could make a runtime read another file than
 * those that it names here: by a spelling that readers understand differently, by data outside of its folder, by data
 * where the runtime looks for it on the disk alone, or by an operator that opens files.
 *
 * @throws Error with the reason
 */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  const model = decodeOnnx(bytes);
  if (messagesIn(model, 14).some((entry) => textIn(entry, 1) === SETTINGS)) {
    throw new Error(`the graph brings settings for the runtime (${SETTINGS})`);
  }
  const functions = new Set(messagesIn(model, 25).map((one) => `${textIn(one, 10)}:${textIn(one, 1)}`));
  const weights = new Set(messagesIn(model, 7).flatMap((graph) => messagesIn(graph, 5)));
  const external = new Set<string>();
  const nodes: GraphNode[] = [];
  for (const message of allMessages(model)) {
    if (message.kind === "node") {
      nodes.push(nodeOf(message, functions));
    }
    const location = message.kind === "tensor" ? locationOf(message) : null;
    if (location === null) {
      continue;
    }
    if (!weights.has(message)) {
      throw new Error(`the graph keeps data outside its file that is no weight of its own (${location})`);
    }
    external.add(location);
  }
  return { model, external: [...external], nodes };
}

/** @param functions what the model defines itself */
function nodeOf(node: OnnxMessage, functions: ReadonlySet<string>): GraphNode {
  const [operator, domain] = [textIn(node, 4), textIn(node, 7)];
  const name = `${domain}:${operator}`;
  if (operator === COMPILED || !(DOMAINS.includes(domain) || functions.has(name))) {
    throw new Error(`the graph needs ${name}, which may read other files`);
  }
  return { operator, inputs: textsIn(node, 1), outputs: textsIn(node, 2) };
}

/** Where a tensor's data lies; `null` where it lies in the tensor. */
function locationOf(tensor: OnnxMessage): string | null {
  const entries = messagesIn(tensor, 13).map((entry) => [textIn(entry, 1), textIn(entry, 2)] as const);
  const isExternal = integerIn(tensor, 14) === 1;
  if (!isExternal && entries.length === 0) {
    return null;
  }
  const data = new Map(entries);
  const location = data.get("location");
  const numbers = [data.get("offset") ?? "0", data.get("length") ?? "0"];
  if (
    !isExternal ||
    location === undefined ||
    data.size !== entries.length ||
    ![...data.keys()].every((key) => DATA_KEYS.includes(key)) ||
    !numbers.every((number) => NUMBER.test(number)) ||
    tensor.fields.some(([field]) => CONTENT.includes(field))
  ) {
    throw new Error(`the graph does not say in one way where the data of ${textIn(tensor, 8)} lies`);
  }
  if (!RepositoryPath.safeParse(location).success || UNPORTABLE.test(location)) {
    throw new Error(`the graph keeps data outside its folder (${location})`);
  }
  return location;
}

/** The fields of a tensor that hold its data. */
const CONTENT: readonly number[] = [4, 5, 6, 7, 9, 10, 11];
