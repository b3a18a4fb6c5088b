import { Tensor } from "onnxruntime-common";
import { type FeedInput, type GraphLayout, layoutOf } from "../../models/files/graphLayout";
import type { HeldFile } from "../../models/files/heldFile";
import type { ModelConfig } from "../../models/files/modelConfig";
import { type GraphNode, readOnnx } from "../../models/files/onnxFile";
import { DEFAULT_PROVIDER, type ExecutionProvider } from "../../protocol/executionProvider";
import { writesCacheInPlace } from "./cacheInPlace";
import { couldNotBeUsed } from "./executionProviders";
import { type CacheKind, KvCache } from "./kvCache";
import { PrefillPace } from "./prefillPace";
import { releaseBuffer } from "./releaseBuffer";
import { type GraphFiles, type LoadedGraph, NATIVE, type Runtime } from "./runtime";

/** To graphs that can be told how many rows of logits are wanted, none means all. */
const ALL_ROWS = 0;

/** Which of a run's tokens need logits. */
export type WantedRows = "all" | "last" | "none";

/** A decoder graph with a key-value cache, in whatever layout it says that it has, run by one of the runtimes. */
export class Graph {
  /** The graph gives logits for the last position only, whatever it is asked. */
  private lastOnly = false;
  /** How fast it reads prompts. */
  readonly pace = new PrefillPace();

  private constructor(
    private readonly loaded: LoadedGraph,
    private readonly layout: GraphLayout,
    private readonly config: ModelConfig,
    readonly runtime: Runtime,
    private readonly cacheKind: CacheKind,
  ) {}

  /**
   * Loads a graph from bytes in memory. A provider that can load the graph but not run it is no use, so one token is
   * run.
   *
   * @param files the graph, with the files of external data that it names; no file of the model is opened
   * @param held the graph's file, held since before those bytes were read. A runtime that can reads this instead, which
   * takes less memory, and the bytes are given back
   * @throws Error with the reason for a graph that is no decoder of text, one that cannot be run here, or one whose
   * file changed
   */
  static async load(
    files: Uint8Array | GraphFiles,
    config: ModelConfig,
    threads: number,
    runtime: Runtime = NATIVE,
    provider: ExecutionProvider = DEFAULT_PROVIDER,
    held: HeldFile | null = null,
  ): Promise<Graph> {
    const whole = files instanceof Uint8Array ? { graph: files, external: [] } : files;
    const { external, nodes } = readOnnx(whole.graph);
    for (const location of external) {
      if (!whole.external.some(({ path }) => path === location)) {
        throw new Error(`${location} is missing`);
      }
    }
    const again = runtime.opensFiles && whole.external.length === 0 ? held : null;
    if (again !== null) {
      releaseBuffer(whole.graph);
    }
    const load = async (wanted: ExecutionProvider): Promise<LoadedGraph> => {
      const loaded = await runtime.load(again ?? whole, threads, wanted);
      if (again === null || (await again.isUnchanged())) {
        return loaded;
      }
      await loaded.session.release();
      throw new Error("its graph was changed while it was loaded");
    };
    const graph = await Graph.over(await load(provider), nodes, config, runtime);
    if (graph.provider !== provider || provider === "cpu") {
      return graph;
    }
    try {
      await graph.run([0], graph.emptyCache());
      return graph;
    } catch (error) {
      await graph.release();
      const loaded = await load("cpu");
      return Graph.over({ ...loaded, fallback: couldNotBeUsed(provider, error) }, nodes, config, runtime);
    }
  }

  private static async over(
    loaded: LoadedGraph,
    nodes: readonly GraphNode[],
    config: ModelConfig,
    runtime: Runtime,
  ): Promise<Graph> {
    const { session, Tensor, provider } = loaded;
    try {
      const layout = layoutOf(session.inputMetadata, session.outputMetadata, config);
      const parts = layout.cache;
      const inPlace = runtime.writesInPlace && provider === "cpu" && writesCacheInPlace(nodes, parts);
      return new Graph(loaded, layout, config, runtime, { parts, Tensor, inPlace });
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /** What runs the graph. */
  get provider(): LoadedGraph["provider"] {
    return this.loaded.provider;
  }

  /** A sentence that says why this is not the provider that was asked for; `null` where it is. */
  get fallback(): string | null {
    return this.loaded.fallback;
  }

  /** What fills up a group may stand beyond the last position that the model knows. */
  private get lastPosition(): number {
    return this.config.max_position_embeddings - 1;
  }

  get vocabularySize(): number {
    return this.layout.vocabularySize;
  }

  emptyCache(): KvCache {
    return new KvCache(this.cacheKind);
  }

  /**
   * Runs `ids` after the positions of the cache, which then holds theirs, too. Under a runtime with groups, both
   * numbers are multiples of the group.
   *
   * @param rows which tokens' logits are wanted
   * @returns the logits, one row for each token; at least the last row where only that is wanted
   */
  async run(ids: readonly number[], cache: KvCache, rows: WantedRows = "all"): Promise<Float32Array> {
    if (rows === "none") {
      await this.outputsOf(ids, cache, this.choosesRows ? 1 : ALL_ROWS, {});
      return new Float32Array(0);
    }
    const before = cache.positions;
    if (!this.lastOnly || ids.length === 1 || rows === "last") {
      const keep = rows === "last" && this.choosesRows ? 1 : ALL_ROWS;
      const logits = await this.runAtOnce(ids, cache, keep);
      const given = logits.length / this.vocabularySize;
      if (given === ids.length || given === keep) {
        return logits;
      }
      if (given !== 1) {
        throw new Error(`the graph's logits have ${given} rows for ${ids.length} tokens`);
      }
      if (this.runtime.group > 1) {
        throw new Error("the graph gives logits for the last position only, which this profile cannot use");
      }
      this.lastOnly = true;
      if (rows === "last") {
        return logits;
      }
      cache.truncate(before);
    }
    const logits = new Float32Array(ids.length * this.vocabularySize);
    for (const [index, id] of ids.entries()) {
      logits.set(await this.runAtOnce([id], cache), index * this.vocabularySize);
    }
    return logits;
  }

  /** The graph can be told how many rows of logits are wanted, and the kernels give each row the same bits. */
  private get choosesRows(): boolean {
    return this.runtime.group === 1 && this.layout.feeds.some(({ feed }) => feed === "logitsToKeep");
  }

  private async runAtOnce(ids: readonly number[], cache: KvCache, keep = ALL_ROWS): Promise<Float32Array> {
    const { logits: name } = this.layout;
    const { [name]: logits } = await this.outputsOf(ids, cache, keep, { [name]: null });
    if (logits === undefined) {
      throw new Error("the graph gave no logits");
    }
    return floatsOf(logits);
  }

  /** Runs `ids`, gives the cache what is its, and returns all outputs. */
  private async outputsOf(
    ids: readonly number[],
    cache: KvCache,
    keep: number,
    logits: Readonly<Record<string, null>>,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const inputs = cache.inputs(ids.length);
    const feeds = { ...inputs };
    for (const input of this.layout.feeds) {
      feeds[input.input] = this.feed(input, ids, cache.positions, keep);
    }
    const outputs = await this.loaded.session.run(feeds, { ...logits, ...cache.outputs(inputs) });
    cache.take(outputs, ids.length);
    return outputs;
  }

  private feed(
    { feed, element, rank }: FeedInput,
    ids: readonly number[],
    length: number,
    keep: number,
  ): Tensor {
    switch (feed) {
      case "ids":
        return row(element, ids);
      case "mask":
        return ones(element, length + ids.length);
      case "positions":
        return row(
          element,
          ids.map((_, index) => Math.min(length + index, this.lastPosition)),
        );
      case "useCache":
        return single(element, length > 0 ? 1 : 0, rank);
      case "logitsToKeep":
        return single(element, keep, rank);
    }
  }

  async release(): Promise<void> {
    await this.loaded.session.release();
  }
}

function row(element: FeedInput["element"], values: readonly number[]): Tensor {
  return integers(element, values, [1, values.length]);
}

/** A row of ones, over memory that nobody writes to. */
function ones(element: FeedInput["element"], length: number): Tensor {
  if (element !== "int64") {
    return row(element, new Array<number>(length).fill(1));
  }
  if (ONES.values.length < length) {
    ONES.values = new BigInt64Array(length + 1024).fill(1n);
  }
  return new Tensor("int64", ONES.values.subarray(0, length), [1, length]);
}

const ONES = { values: new BigInt64Array(1024).fill(1n) };

function single(element: FeedInput["element"], value: number, rank: number): Tensor {
  return integers(element, [value], new Array<number>(rank).fill(1));
}

function integers(
  element: FeedInput["element"],
  values: readonly number[],
  dimensions: readonly number[],
): Tensor {
  switch (element) {
    case "int64":
      return new Tensor("int64", BigInt64Array.from(values, BigInt), dimensions);
    case "int32":
      return new Tensor("int32", Int32Array.from(values), dimensions);
    case "bool":
      return new Tensor("bool", Uint8Array.from(values), dimensions);
  }
}

function floatsOf({ data, type }: Tensor): Float32Array {
  if (data instanceof Float32Array) {
    return data;
  }
  // Where the engine knows half-precision numbers, the runtime hands out an array of those.
  if (data instanceof Uint16Array) {
    return Float32Array.from(data, (bits) => HALVES[bits] ?? Number.NaN);
  }
  if (type === "float16" && ArrayBuffer.isView(data)) {
    return Float32Array.from(data as Iterable<number>);
  }
  throw new Error(`the graph's logits are ${type}`);
}

/** Every half-precision number (IEEE 754 binary16), by its bits. */
const HALVES: Float32Array = Float32Array.from({ length: 1 << 16 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
});
