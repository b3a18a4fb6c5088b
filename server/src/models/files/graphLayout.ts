import type { InferenceSession } from "onnxruntime-common";
import type { ModelConfig } from "./modelConfig";

type Metadata = InferenceSession.ValueMetadata;
type TensorMetadata = InferenceSession.TensorValueMetadata;

/** One tensor of the key-value cache. */
export interface CachePart {
  /** The input that holds what earlier runs left. */
  readonly past: string;
  /** The output that holds what the next run gets as `past`. */
  readonly present: string;
  readonly element: "float32" | "float16" | "int8" | "uint8";
  readonly heads: number;
  readonly size: number;
}

/** What an input other than the cache holds. */
export type Feed = "ids" | "mask" | "positions" | "useCache" | "logitsToKeep";

export interface FeedInput {
  readonly input: string;
  readonly feed: Feed;
  readonly element: "int64" | "int32" | "bool";
  /** A scalar, a list of one, or a matrix with one row. */
  readonly rank: number;
}

/** How one exporter arranged a decoder: everything that has to be known to run its graph. */
export interface GraphLayout {
  readonly cache: readonly CachePart[];
  readonly feeds: readonly FeedInput[];
  readonly logits: string;
  readonly vocabularySize: number;
}

/** Names that Hugging Face Optimum, Transformers.js and onnxruntime-genai use. */
const FEEDS: Readonly<Record<string, Feed>> = {
  input_ids: "ids",
  attention_mask: "mask",
  position_ids: "positions",
  use_cache_branch: "useCache",
  num_logits_to_keep: "logitsToKeep",
  logits_to_keep: "logitsToKeep",
};

/**
 * Reads the layout of a decoder graph from its own inputs and outputs. Sizes that the graph leaves open are those of
 * the configuration.
 *
 * @throws Error with the reason for a graph that is no decoder with a key-value cache, or one that cannot be run here
 */
export function layoutOf(
  inputs: readonly Metadata[],
  outputs: readonly Metadata[],
  config: ModelConfig,
): GraphLayout {
  const presents = new Map<string, string>();
  for (const { name } of outputs) {
    const place = cachePlace(name);
    if (place !== null) {
      presents.set(place, name);
    }
  }
  const cache: CachePart[] = [];
  const feeds: FeedInput[] = [];
  for (const metadata of inputs) {
    const tensor = tensorOf(metadata);
    const feed = FEEDS[tensor.name];
    const place = cachePlace(tensor.name);
    if (feed !== undefined) {
      feeds.push(feedInput(tensor, feed));
    } else if (place !== null) {
      cache.push(cachePart(tensor, presents.get(place), config));
    } else {
      throw new Error(`the graph wants ${tensor.name}, which a decoder of text has not`);
    }
  }
  if (!feeds.some(({ feed }) => feed === "ids")) {
    throw new Error("the graph has no input_ids");
  }
  if (cache.length === 0) {
    throw new Error("the graph has no key-value cache: export it with past key values");
  }
  const unpaired = presents.size - cache.length;
  if (unpaired !== 0) {
    throw new Error(`${Math.abs(unpaired)} tensors of the graph's cache have no counterpart`);
  }
  return { cache, feeds, ...logitsOf(outputs, config) };
}

/** Layer and part of a cache tensor (`3/key`), from names such as `past_key_values.3.key`; `null` for other names. */
function cachePlace(name: string): string | null {
  const [, rest] = /^(?:past|present)(?:_key_values|_key_value)?(?=[._])(.*)$/.exec(name) ?? [];
  if (rest === undefined) {
    return null;
  }
  const layer = /(?:^|[._])(\d+)(?=[._]|$)/.exec(rest)?.[1];
  const part = /(?:^|[._])(key|value)(?=[._]|$)/.exec(rest)?.[1];
  return layer === undefined || part === undefined ? null : `${Number(layer)}/${part}`;
}

function tensorOf(metadata: Metadata): TensorMetadata {
  if (metadata.isTensor) {
    return metadata;
  }
  throw new Error(`${metadata.name} is not a tensor`);
}

function feedInput({ name, type, shape }: TensorMetadata, feed: Feed): FeedInput {
  if (type !== "int64" && type !== "int32" && type !== "bool") {
    throw new Error(`${name} holds ${type}`);
  }
  const [rows] = shape;
  if (shape.length === 2 && typeof rows === "number" && rows !== 1) {
    throw new Error(`the graph takes ${rows} sequences at a time, not one`);
  }
  if (["ids", "mask", "positions"].includes(feed) && shape.length !== 2) {
    throw new Error(`${name} has ${shape.length} dimensions, not two`);
  }
  const length = shape[1];
  if (typeof length === "number") {
    throw new Error(`${name} has a fixed length of ${length}: export the graph with dynamic shapes`);
  }
  return { input: name, feed, element: type, rank: shape.length };
}

function cachePart(
  { name, type, shape }: TensorMetadata,
  present: string | undefined,
  config: ModelConfig,
): CachePart {
  if (present === undefined) {
    throw new Error(`no output holds what follows ${name}`);
  }
  if (type !== "float32" && type !== "float16" && type !== "int8" && type !== "uint8") {
    throw new Error(`the key-value cache holds ${type}`);
  }
  const [batch, heads, positions, size] = shape;
  if (shape.length !== 4) {
    throw new Error(`${name} has ${shape.length} dimensions, not four`);
  }
  if (typeof batch === "number" && batch !== 1) {
    throw new Error(`the graph takes ${batch} sequences at a time, not one`);
  }
  if (typeof positions === "number") {
    throw new Error(`the key-value cache has a fixed length of ${positions}: export it with dynamic shapes`);
  }
  return {
    past: name,
    present,
    element: type,
    heads: sizeOf(`${name}'s heads`, heads, config.num_key_value_heads ?? config.num_attention_heads),
    size: sizeOf(`${name}'s size`, size, config.head_dim ?? headSizeOf(config)),
  };
}

function headSizeOf({ hidden_size, num_attention_heads }: ModelConfig): number | undefined {
  return hidden_size && num_attention_heads ? hidden_size / num_attention_heads : undefined;
}

function sizeOf(
  what: string,
  stated: number | string | undefined,
  fallback: number | null | undefined,
): number {
  if (typeof stated === "number") {
    return stated;
  }
  if (fallback) {
    return fallback;
  }
  throw new Error(`${what} are stated neither by the graph nor by its configuration`);
}

function logitsOf(
  outputs: readonly Metadata[],
  config: ModelConfig,
): Pick<GraphLayout, "logits" | "vocabularySize"> {
  const found = outputs.find(({ name }) => name === "logits");
  if (found === undefined) {
    throw new Error("the graph has no logits");
  }
  const { name, type, shape } = tensorOf(found);
  if (type !== "float32" && type !== "float16") {
    throw new Error(`the logits are ${type}`);
  }
  return { logits: name, vocabularySize: sizeOf("the logits", shape.at(-1), config.vocab_size) };
}
