import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BenchEngine, EngineParameters, Timing } from "./engine";

/** What is used of transformers.js. */
interface TransformersJs {
  readonly env: { version: string; allowRemoteModels: boolean; localModelPath: string };
  readonly Tensor: new (type: "int64", data: BigInt64Array, dimensions: readonly number[]) => Tensor;
  readonly DynamicCache: new (entries: Record<string, Tensor>) => Cache;
  readonly AutoModelForCausalLM: {
    from_pretrained(
      name: string,
      options: { dtype: "fp32"; device: "cpu"; session_options: { intraOpNumThreads: number } },
    ): Promise<CausalModel>;
  };
}

interface Tensor {
  readonly dims: readonly number[];
  slice(...ranges: readonly (null | readonly [number, number])[]): Tensor;
}

type Cache = Readonly<Record<string, Tensor>>;

interface CausalModel {
  generate(options: {
    inputs: Tensor;
    attention_mask: Tensor;
    past_key_values?: Cache;
    max_new_tokens: number;
    do_sample: false;
    eos_token_id: null;
    return_dict_in_generate: true;
    streamer: { put(tokens: readonly (readonly bigint[])[]): void; end(): void };
  }): Promise<{ past_key_values: Cache }>;
}

/**
 * transformers.js on the same ONNX file. Between two suggestions it keeps the prompt's own `past_key_values`: tensors
 * that no later run changes, so the next prompt, where it only grew, needs no copy of them.
 */
export async function loadTransformers({ model, threads, packages }: EngineParameters): Promise<BenchEngine> {
  const require = createRequire(join(packages, "package.json"));
  const entry = require.resolve("@huggingface/transformers").replace(/\.cjs$/, ".mjs");
  const library: TransformersJs = await import(pathToFileURL(entry).href);
  library.env.allowRemoteModels = false;
  library.env.localModelPath = `${dirname(model.path)}/`;
  const loaded = await library.AutoModelForCausalLM.from_pretrained(basename(model.path), {
    dtype: "fp32",
    device: "cpu",
    session_options: { intraOpNumThreads: threads },
  });
  let kept: { readonly ids: readonly number[]; readonly cache: Cache } | null = null;

  const run = async (
    ids: readonly number[],
    count: number,
    past: Cache | null,
  ): Promise<Timing & { cache: Cache }> => {
    const started = performance.now();
    const tensor = (values: BigInt64Array): Tensor => new library.Tensor("int64", values, [1, ids.length]);
    const times: number[] = [];
    const tokens: number[] = [];
    let prompt = true;
    const { past_key_values } = await loaded.generate({
      inputs: tensor(BigInt64Array.from(ids, BigInt)),
      attention_mask: tensor(new BigInt64Array(ids.length).fill(1n)),
      ...(past === null ? {} : { past_key_values: past }),
      max_new_tokens: count,
      do_sample: false,
      eos_token_id: null,
      return_dict_in_generate: true,
      streamer: {
        put([row = []]) {
          // It is handed the prompt first.
          if (!prompt) {
            times.push(performance.now() - started);
            tokens.push(...row.map(Number));
          }
          prompt = false;
        },
        end() {},
      },
    });
    return { first: times[0] ?? 0, last: performance.now() - started, tokens, cache: past_key_values };
  };

  const usable = (ids: readonly number[]): Cache | null => {
    if (kept === null) {
      return null;
    }
    let shared = 0;
    while (shared < Math.min(kept.ids.length, ids.length - 1) && kept.ids[shared] === ids[shared]) {
      shared += 1;
    }
    if (shared === 0) {
      return null;
    }
    const entries = Object.entries(kept.cache).map(([name, value]): [string, Tensor] => [
      name,
      value.dims[2] === shared ? value : value.slice(null, null, [0, shared], null),
    ]);
    return new library.DynamicCache(Object.fromEntries(entries));
  };

  return {
    version: `transformers.js ${library.env.version} (onnxruntime-node ${runtimeVersion(require)})`,
    generate: (ids, count) => run(ids, count, null),
    async suggest(ids, count) {
      const started = performance.now();
      const { cache, tokens } = await run(ids, 1, usable(ids));
      const first = performance.now() - started;
      // Generating puts new tensors into the object that it is given, hence one of its own.
      kept = { ids, cache: new library.DynamicCache({ ...cache }) };
      if (count === 1) {
        return { first, last: first, tokens };
      }
      const rest = await run([...ids, ...tokens], count - 1, cache);
      return { first, last: performance.now() - started, tokens: [...tokens, ...rest.tokens] };
    },
    async forget() {
      kept = null;
    },
  };
}

function runtimeVersion(require: NodeJS.Require): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(require.resolve("onnxruntime-node/package.json"), "utf8"),
  );
  return version;
}
