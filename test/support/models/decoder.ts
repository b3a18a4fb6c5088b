/**
 * Decoder graphs of real architectures with random weights, in the layouts that exporters write.
 *
 * `optimum`: plain ONNX operators, names of Hugging Face Optimum. `genai`: the operators of onnxruntime's model
 * builder (GroupQueryAttention, SimplifiedLayerNormalization), names of onnxruntime-genai.
 */
import { floatBytes, Graph, type Value } from "./onnx";
import { BLOCK, quantizedMatrix, Random } from "./randomWeights";

/** What makes one architecture differ from another. */
export interface Architecture {
  /** `model_type` in `config.json`. */
  readonly type: "qwen2" | "llama" | "starcoder2" | "gemma" | "granite";
  readonly norm: "rms" | "rmsPlusOne" | "layer";
  readonly mlp: "gatedSilu" | "gatedGelu" | "gelu";
  /** Biases of query, key and value; of all other projections. */
  readonly bias: { readonly attention: boolean; readonly other: boolean };
  readonly tied: boolean;
  /** Factors of Granite, and the embedding's of Gemma. */
  readonly scale: {
    readonly embedding: (hidden: number) => number;
    readonly attention: (headSize: number) => number;
    readonly residual: number;
    readonly logits: number;
  };
}

const PLAIN = {
  embedding: () => 1,
  attention: (headSize: number) => 1 / Math.sqrt(headSize),
  residual: 1,
  logits: 1,
} as const;

export const ARCHITECTURES = {
  qwen2: {
    type: "qwen2",
    norm: "rms",
    mlp: "gatedSilu",
    bias: { attention: true, other: false },
    tied: true,
    scale: PLAIN,
  },
  /** Llama, CodeLlama, DeepSeek-Coder, Granite Code, Mistral, Seed-Coder. */
  llama: {
    type: "llama",
    norm: "rms",
    mlp: "gatedSilu",
    bias: { attention: false, other: false },
    tied: false,
    scale: PLAIN,
  },
  starcoder2: {
    type: "starcoder2",
    norm: "layer",
    mlp: "gelu",
    bias: { attention: true, other: true },
    tied: true,
    scale: PLAIN,
  },
  gemma: {
    type: "gemma",
    norm: "rmsPlusOne",
    mlp: "gatedGelu",
    bias: { attention: false, other: false },
    tied: true,
    scale: { ...PLAIN, embedding: (hidden: number) => Math.sqrt(hidden) },
  },
  granite: {
    type: "granite",
    norm: "rms",
    mlp: "gatedSilu",
    bias: { attention: false, other: false },
    tied: true,
    scale: { embedding: () => 12, attention: () => 1 / 64, residual: 0.22, logits: 8 },
  },
} as const satisfies Readonly<Record<string, Architecture>>;

export interface Size {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly intermediate: number;
  /** Positions for which there are rotary angles. */
  readonly context: number;
}

/** The size of Qwen2.5-Coder-0.5B. */
export const QWEN_HALF_BILLION: Size = {
  vocabulary: 151_936,
  hidden: 896,
  layers: 24,
  heads: 14,
  keyValueHeads: 2,
  headSize: 64,
  intermediate: 4864,
  context: 32_768,
};

/** Small enough to be written and run in a test. */
export const SMALL: Size = {
  vocabulary: 1536,
  hidden: 64,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 32,
  intermediate: 128,
  context: 512,
};

export interface Export {
  readonly layout: "optimum" | "genai";
  /** Floating-point weights, or blocks of 32 values (MatMulNBits; the embedding then has 8 bits). */
  readonly weights: "float" | 8 | 4;
  /** `accuracy_level` of MatMulNBits: 4 lets the runtime round activations to 8 bits, as exports for CPUs have it. */
  readonly accuracyLevel?: 1 | 4;
  /** The type in which everything is computed and in which cache and logits are. */
  readonly float: "float32" | "float16";
  /** The type of the cache, where it is another. */
  readonly cache?: "float32" | "float16" | "int8" | "uint8";
  /** `position_ids` among the inputs (only in the layout `optimum`). */
  readonly positions?: boolean;
  /** Further inputs that some exports have. */
  readonly useCacheBranch?: boolean;
  readonly logitsToKeep?: boolean;
  /** Logits for the last position only, whatever is asked. */
  readonly lastLogitsOnly?: boolean;
}

export interface DecoderParameters {
  readonly architecture: Architecture;
  readonly size: Size;
  readonly export: Export;
  readonly seed: number;
}

const THETA = 10_000;
const EPSILON = 1e-5;
/** The 8-bit and 4-bit cache: a value is `(code - zero point) * step`. */
const CACHE_STEP = 1 / 32;

export function decoderGraph(parameters: DecoderParameters): Graph {
  return new Decoder(parameters).build();
}

class Decoder {
  private readonly graph = new Graph("decoder");
  private readonly architecture: Architecture;
  private readonly size: Size;
  private readonly export: Export;
  private readonly seed: number;
  private readonly float: "float32" | "float16";

  constructor(parameters: DecoderParameters) {
    this.architecture = parameters.architecture;
    this.size = parameters.size;
    this.export = parameters.export;
    this.seed = parameters.seed;
    this.float = parameters.export.float;
  }

  build(): Graph {
    const graph = this.graph;
    const { layers, hidden, vocabulary } = this.size;
    const { scale, tied } = this.architecture;
    const ids = graph.input("input_ids", "int64", ["batch_size", "sequence_length"]);
    const mask = graph.input("attention_mask", "int64", ["batch_size", "total_sequence_length"]);
    const positions = this.export.positions
      ? graph.input("position_ids", "int64", ["batch_size", "sequence_length"])
      : null;
    const branch = this.export.useCacheBranch ? graph.input("use_cache_branch", "bool", [1]) : null;
    const keep = this.export.logitsToKeep ? graph.input("num_logits_to_keep", "int64", []) : null;
    const attend =
      this.export.layout === "genai"
        ? this.groupedAttention(mask)
        : this.plainAttention(ids, mask, positions);

    let state = this.embed(ids);
    state = this.times(state, scale.embedding(hidden));
    for (let layer = 0; layer < layers; layer++) {
      const name = `model.layers.${layer}`;
      const normal = this.norm(state, `${name}.input_layernorm`);
      const attended = attend(normal, `${name}.self_attn`, this.past(layer, branch));
      this.present(layer, attended.key, attended.value);
      state = graph.node("Add", [state, this.times(attended.output, scale.residual)]);
      const mlp = this.mlp(this.norm(state, `${name}.post_attention_layernorm`), `${name}.mlp`);
      state = graph.node("Add", [state, this.times(mlp, scale.residual)]);
    }
    state = this.norm(this.kept(state, keep), "model.norm");
    const head = tied ? "model.embed_tokens" : "lm_head";
    const logits = this.times(this.linear(state, head, hidden, vocabulary, false, tied), 1 / scale.logits);
    graph.node("Identity", [logits], {}, "logits");
    graph.output("logits", this.float, ["batch_size", "sequence_length", vocabulary]);
    return graph;
  }

  /** The positions whose logits are wanted. */
  private kept(state: Value, keep: Value | null): Value {
    const graph = this.graph;
    const last = [graph.integers([2 ** 31 - 1]), graph.integers([1])];
    if (this.export.lastLogitsOnly) {
      return graph.node("Slice", [state, graph.integers([-1]), ...last]);
    }
    if (keep === null) {
      return state;
    }
    // As in Transformers: none means all.
    const start = graph.node("Reshape", [graph.node("Neg", [keep]), graph.integers([1])]);
    return graph.node("Slice", [state, start, ...last]);
  }

  private embed(ids: Value): Value {
    const graph = this.graph;
    const { vocabulary, hidden } = this.size;
    const name = "model.embed_tokens";
    if (this.export.weights === "float") {
      return graph.node("Gather", [this.matrix(name, vocabulary, hidden), ids]);
    }
    const { codes, scales } = this.quantized(name, vocabulary, hidden, 8);
    const blocks = graph.node("Cast", [graph.node("Gather", [codes, ids])], { to: 1 });
    const centred = graph.node("Sub", [blocks, graph.scalar("float32", 128)]);
    const table = graph.node("Reshape", [scales, graph.integers([vocabulary, hidden / BLOCK, 1])]);
    const factors = graph.node("Cast", [graph.node("Gather", [table, ids])], { to: 1 });
    const values = graph.node("Reshape", [
      graph.node("Mul", [centred, factors]),
      graph.integers([0, 0, hidden]),
    ]);
    return this.float === "float32" ? values : graph.node("Cast", [values], { to: 10 });
  }

  /** `state` times the transposed matrix `name`, plus its bias. */
  private linear(
    state: Value,
    name: string,
    columns: number,
    rows: number,
    bias: boolean,
    isEmbedding = false,
  ): Value {
    const graph = this.graph;
    const { weights } = this.export;
    let product: Value;
    if (weights === "float") {
      const transposed = graph.node("Transpose", [this.matrix(name, rows, columns)], { perm: [1, 0] });
      product = graph.node("MatMul", [state, transposed]);
    } else {
      const bits = isEmbedding ? 8 : weights;
      const { codes, scales } = this.quantized(name, rows, columns, bits);
      product = graph.node("com.microsoft:MatMulNBits", [state, codes, scales], {
        K: columns,
        N: rows,
        bits,
        block_size: BLOCK,
        ...(this.export.accuracyLevel === undefined ? {} : { accuracy_level: this.export.accuracyLevel }),
      });
    }
    return bias ? graph.node("Add", [product, this.vector(`${name}.bias`, rows, 0.1, 0)]) : product;
  }

  private readonly weights = new Map<string, Value>();

  private once(name: string, make: () => Value): Value {
    const value = this.weights.get(name) ?? make();
    this.weights.set(name, value);
    return value;
  }

  private matrix(name: string, rows: number, columns: number): Value {
    return this.once(name, () => this.floats(name, [rows, columns], 1 / Math.sqrt(columns), 0));
  }

  private vector(name: string, length: number, deviation: number, mean: number): Value {
    return this.once(name, () => this.floats(name, [length], deviation, mean));
  }

  private floats(name: string, dimensions: readonly number[], deviation: number, mean: number): Value {
    const count = dimensions.reduce((product, dimension) => product * dimension, 1);
    const element = this.float;
    return this.graph.weight(name, element, dimensions, count * (element === "float32" ? 4 : 2), () =>
      floatBytes(element, new Random(this.seed, name).floats(count, deviation, mean)),
    );
  }

  private quantized(
    name: string,
    rows: number,
    columns: number,
    bits: 4 | 8,
  ): { codes: Value; scales: Value } {
    const matrix = quantizedMatrix(this.seed, name, rows, columns, bits);
    const blocks = columns / BLOCK;
    const element = this.float;
    return {
      codes: this.once(`${name}.codes`, () =>
        this.graph.weight(
          `${name}.codes`,
          "uint8",
          [rows, blocks, (BLOCK * bits) / 8],
          (rows * columns * bits) / 8,
          matrix.codes,
        ),
      ),
      scales: this.once(`${name}.scales`, () =>
        this.graph.weight(
          `${name}.scales`,
          element,
          [rows * blocks],
          rows * blocks * (element === "float32" ? 4 : 2),
          () => floatBytes(element, matrix.scales()),
        ),
      ),
    };
  }

  private times(value: Value, factor: number): Value {
    return factor === 1 ? value : this.graph.node("Mul", [value, this.graph.scalar(this.float, factor)]);
  }

  private norm(state: Value, name: string): Value {
    const graph = this.graph;
    const { norm } = this.architecture;
    const { hidden } = this.size;
    const plusOne = norm === "rmsPlusOne";
    const stored = this.vector(`${name}.weight`, hidden, 0.1, plusOne ? 0 : 1);
    if (norm === "layer") {
      const bias = this.vector(`${name}.bias`, hidden, 0.1, 0);
      return graph.node("LayerNormalization", [state, stored, bias], {
        axis: -1,
        epsilon: { float: EPSILON },
      });
    }
    const weight = plusOne ? graph.node("Add", [stored, graph.scalar(this.float, 1)]) : stored;
    if (this.export.layout === "genai") {
      return graph.node("SimplifiedLayerNormalization", [state, weight], {
        axis: -1,
        epsilon: { float: EPSILON },
        stash_type: 1,
      });
    }
    const squares = graph.node("Mul", [state, state]);
    const mean = graph.node("ReduceMean", [squares, graph.integers([-1])], { keepdims: 1 });
    const root = graph.node("Sqrt", [graph.node("Add", [mean, graph.scalar(this.float, EPSILON)])]);
    return graph.node("Mul", [graph.node("Div", [state, root]), weight]);
  }

  private mlp(state: Value, name: string): Value {
    const graph = this.graph;
    const { hidden, intermediate } = this.size;
    const { mlp, bias } = this.architecture;
    if (mlp === "gelu") {
      const up = this.gelu(this.linear(state, `${name}.c_fc`, hidden, intermediate, bias.other));
      return this.linear(up, `${name}.c_proj`, intermediate, hidden, bias.other);
    }
    const gate = this.linear(state, `${name}.gate_proj`, hidden, intermediate, bias.other);
    const active =
      mlp === "gatedSilu" ? graph.node("Mul", [gate, graph.node("Sigmoid", [gate])]) : this.gelu(gate);
    const up = this.linear(state, `${name}.up_proj`, hidden, intermediate, bias.other);
    return this.linear(
      graph.node("Mul", [active, up]),
      `${name}.down_proj`,
      intermediate,
      hidden,
      bias.other,
    );
  }

  /** The approximation by the hyperbolic tangent. */
  private gelu(value: Value): Value {
    const graph = this.graph;
    const square = graph.node("Mul", [value, value]);
    const inner = graph.node("Add", [this.times(square, 0.044715), graph.scalar(this.float, 1)]);
    const angle = this.times(graph.node("Mul", [value, inner]), Math.sqrt(2 / Math.PI));
    const gate = graph.node("Add", [graph.node("Tanh", [angle]), graph.scalar(this.float, 1)]);
    return this.times(graph.node("Mul", [value, gate]), 0.5);
  }

  private get cacheShape(): (number | string)[] {
    const { keyValueHeads, headSize } = this.size;
    return ["batch_size", keyValueHeads, "past_sequence_length", headSize];
  }

  private past(layer: number, branch: Value | null): { key: Value; value: Value } {
    const part = (name: string): Value => {
      const input = this.graph.input(
        `past_key_values.${layer}.${name}`,
        this.export.cache ?? this.float,
        this.cacheShape,
      );
      return this.restored(branch === null ? input : this.branched(input, branch));
    };
    return { key: part("key"), value: part("value") };
  }

  /** Merged exports ignore the cache where the flag says that there is none. */
  private branched(past: Value, branch: Value): Value {
    const graph = this.graph;
    const element = this.export.cache ?? this.float;
    const then = new Graph(`${past}/then`);
    then.node("Identity", [past], {}, `${past}/used`);
    then.output(`${past}/used`, element, this.cacheShape);
    const otherwise = new Graph(`${past}/else`);
    const [zero, axis] = [otherwise.integers([0]), otherwise.integers([2])];
    otherwise.node("Slice", [past, zero, zero, axis], {}, `${past}/unused`);
    otherwise.output(`${past}/unused`, element, this.cacheShape);
    return graph.node("If", [branch], { then_branch: then, else_branch: otherwise });
  }

  private present(layer: number, key: Value, value: Value): void {
    const graph = this.graph;
    const { keyValueHeads, headSize } = this.size;
    for (const [name, part] of Object.entries({ key, value })) {
      const output = `present.${layer}.${name}`;
      graph.node("Identity", [this.stored(part)], {}, output);
      const shape = ["batch_size", keyValueHeads, "total_sequence_length", headSize];
      graph.output(output, this.export.cache ?? this.float, shape);
    }
  }

  /** A cache tensor as the graph computes with it. */
  private restored(cached: Value): Value {
    const { cache } = this.export;
    const graph = this.graph;
    if (cache === undefined || cache === this.float) {
      return cached;
    }
    const to = this.float === "float32" ? 1 : 10;
    const number = graph.node("Cast", [cached], { to });
    if (cache === "float16" || cache === "float32") {
      return number;
    }
    const centred = graph.node("Sub", [number, graph.scalar(this.float, cache === "uint8" ? 128 : 0)]);
    return this.times(centred, CACHE_STEP);
  }

  private stored(part: Value): Value {
    const { cache } = this.export;
    const graph = this.graph;
    if (cache === undefined || cache === this.float) {
      return part;
    }
    if (cache === "float16" || cache === "float32") {
      return graph.node("Cast", [part], { to: cache === "float32" ? 1 : 10 });
    }
    const zero = cache === "uint8" ? 128 : 0;
    const code = graph.node("Round", [this.times(part, 1 / CACHE_STEP)]);
    const shifted = graph.node("Add", [code, graph.scalar(this.float, zero)]);
    const [least, most] = [zero - 128, zero + 127];
    const clipped = graph.node("Clip", [
      shifted,
      graph.scalar(this.float, least),
      graph.scalar(this.float, most),
    ]);
    return graph.node("Cast", [clipped], { to: cache === "uint8" ? 2 : 3 });
  }

  /** The tables of the rotary embedding: `context` rows of cosines or sines of half a head's angles. */
  private angles(name: "cos_cache" | "sin_cache"): Value {
    const { context, headSize } = this.size;
    const half = headSize / 2;
    const element = this.float;
    return this.once(name, () =>
      this.graph.weight(
        name,
        element,
        [context, half],
        context * half * (element === "float32" ? 4 : 2),
        () => {
          const table = new Float32Array(context * half);
          for (let position = 0; position < context; position++) {
            for (let index = 0; index < half; index++) {
              const angle = position / THETA ** (index / half);
              table[position * half + index] = name === "cos_cache" ? Math.cos(angle) : Math.sin(angle);
            }
          }
          return floatBytes(element, table);
        },
      ),
    );
  }

  private projections(state: Value, name: string): { query: Value; key: Value; value: Value } {
    const { hidden, heads, keyValueHeads, headSize } = this.size;
    const { attention: bias } = this.architecture.bias;
    const project = (part: string, count: number): Value =>
      this.linear(state, `${name}.${part}_proj`, hidden, count * headSize, bias);
    return {
      query: project("q", heads),
      key: project("k", keyValueHeads),
      value: project("v", keyValueHeads),
    };
  }

  private projectOut(attended: Value, name: string): Value {
    const { hidden, heads, headSize } = this.size;
    return this.linear(attended, `${name}.o_proj`, heads * headSize, hidden, this.architecture.bias.other);
  }

  /** Attention as one operator, which rotates, appends to the cache and shares heads. */
  private groupedAttention(mask: Value): Attend {
    const graph = this.graph;
    const { heads, keyValueHeads, headSize } = this.size;
    const counted = graph.node("ReduceSum", [mask, graph.integers([1])], { keepdims: 0 });
    const lengths = graph.node("Cast", [graph.node("Sub", [counted, graph.integers([1])])], { to: 6 });
    const total = graph.node("Gather", [graph.node("Shape", [mask]), graph.integers(1)]);
    const length = graph.node("Cast", [total], { to: 6 });
    const cosines = this.angles("cos_cache");
    const sines = this.angles("sin_cache");
    return (state, name, past) => {
      const { query, key, value } = this.projections(state, name);
      const outputs = ["output", "key", "value"].map((part) => `${name}/${part}`);
      const [output = "", presentKey = "", presentValue = ""] = outputs;
      graph.nodes(
        "com.microsoft:GroupQueryAttention",
        [query, key, value, past.key, past.value, lengths, length, cosines, sines],
        outputs,
        {
          num_heads: heads,
          kv_num_heads: keyValueHeads,
          do_rotary: 1,
          rotary_interleaved: 0,
          scale: { float: this.architecture.scale.attention(headSize) },
        },
      );
      return { output: this.projectOut(output, name), key: presentKey, value: presentValue };
    };
  }

  /** Attention in plain operators. */
  private plainAttention(ids: Value, mask: Value, positions: Value | null): Attend {
    const graph = this.graph;
    const { heads, keyValueHeads, headSize } = this.size;
    const one = graph.integers(1);
    const total = graph.node("Gather", [graph.node("Shape", [mask]), one]);
    const length = graph.node("Gather", [graph.node("Shape", [ids]), one]);
    const past = graph.node("Sub", [total, length]);
    const keys = graph.node("Range", [graph.integers(0), total, one]);
    const queries = graph.node("Range", [past, total, one]);
    const seen = graph.node("LessOrEqual", [
      graph.node("Unsqueeze", [keys, graph.integers([0])]),
      graph.node("Unsqueeze", [queries, graph.integers([1])]),
    ]);
    const bias = graph.node("Where", [
      seen,
      graph.scalar(this.float, 0),
      graph.scalar(this.float, this.float === "float32" ? -1e9 : -6e4),
    ]);
    const places = positions ?? graph.node("Unsqueeze", [queries, graph.integers([0])]);
    const angles = (name: "cos_cache" | "sin_cache"): Value =>
      graph.node("Unsqueeze", [graph.node("Gather", [this.angles(name), places]), graph.integers([1])]);
    const cosines = angles("cos_cache");
    const sines = angles("sin_cache");

    const split = (value: Value, count: number): Value =>
      graph.node("Transpose", [graph.node("Reshape", [value, graph.integers([0, 0, count, headSize])])], {
        perm: [0, 2, 1, 3],
      });
    const rotate = (value: Value): Value => {
      const part = (start: number): Value =>
        graph.node("Slice", [
          value,
          graph.integers([start]),
          graph.integers([start + headSize / 2]),
          graph.integers([3]),
        ]);
      const [first, second] = [part(0), part(headSize / 2)];
      const times = (left: Value, right: Value): Value => graph.node("Mul", [left, right]);
      return graph.node(
        "Concat",
        [
          graph.node("Sub", [times(first, cosines), times(second, sines)]),
          graph.node("Add", [times(second, cosines), times(first, sines)]),
        ],
        { axis: 3 },
      );
    };
    const shared = (value: Value): Value => {
      const copies = heads / keyValueHeads;
      if (copies === 1) {
        return value;
      }
      const apart = graph.node("Unsqueeze", [value, graph.integers([2])]);
      const copied = graph.node("Concat", new Array<Value>(copies).fill(apart), { axis: 2 });
      return graph.node("Reshape", [copied, graph.integers([0, heads, -1, headSize])]);
    };
    return (state, name, cached) => {
      const { query, key, value } = this.projections(state, name);
      const append = (past: Value, part: Value): Value =>
        graph.node("Concat", [past, this.restored(this.stored(part))], { axis: 2 });
      const allKeys = append(cached.key, rotate(split(key, keyValueHeads)));
      const allValues = append(cached.value, split(value, keyValueHeads));
      const turned = graph.node("Transpose", [shared(allKeys)], { perm: [0, 1, 3, 2] });
      const products = graph.node("MatMul", [rotate(split(query, heads)), turned]);
      const scores = this.times(products, this.architecture.scale.attention(headSize));
      const shares = graph.node("Softmax", [graph.node("Add", [scores, bias])], { axis: -1 });
      const attended = graph.node("Transpose", [graph.node("MatMul", [shares, shared(allValues)])], {
        perm: [0, 2, 1, 3],
      });
      const joined = graph.node("Reshape", [attended, graph.integers([0, 0, heads * headSize])]);
      return { output: this.projectOut(joined, name), key: allKeys, value: allValues };
    };
  }
}

type Attend = (
  state: Value,
  name: string,
  past: { readonly key: Value; readonly value: Value },
) => { readonly output: Value; readonly key: Value; readonly value: Value };
