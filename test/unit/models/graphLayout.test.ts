import type { InferenceSession } from "onnxruntime-common";
import { describe, expect, it } from "vitest";
import { layoutOf } from "../../../server/src/models/files/graphLayout";
import { ModelConfig } from "../../../server/src/models/files/modelConfig";

type Metadata = InferenceSession.ValueMetadata;
type Type = InferenceSession.TensorValueMetadata["type"];

const tensor = (name: string, type: Type, shape: readonly (number | string)[]): Metadata => ({
  name,
  isTensor: true,
  type,
  shape,
});
const ids = tensor("input_ids", "int64", ["batch", "sequence"]);
const mask = tensor("attention_mask", "int64", ["batch", "total"]);
const past = (
  name: string,
  shape: readonly (number | string)[] = ["batch", 2, "past", 64],
  type: Type = "float32",
) => tensor(name, type, shape);
const logits = tensor("logits", "float32", ["batch", "sequence", 100]);
const config = ModelConfig.parse({ vocab_size: 100, max_position_embeddings: 128 });

const inputs = [ids, mask, past("past_key_values.0.key"), past("past_key_values.0.value")];
const outputs = [logits, past("present.0.key"), past("present.0.value")];

describe("the layout of a graph", () => {
  it("is read from its inputs and outputs alone", () => {
    expect(layoutOf(inputs, outputs, config)).toEqual({
      cache: ["key", "value"].map((part) => ({
        past: `past_key_values.0.${part}`,
        present: `present.0.${part}`,
        element: "float32",
        heads: 2,
        size: 64,
      })),
      feeds: [
        { input: "input_ids", feed: "ids", element: "int64", rank: 2 },
        { input: "attention_mask", feed: "mask", element: "int64", rank: 2 },
      ],
      logits: "logits",
      vocabularySize: 100,
    });
  });

  it.each([
    ["past_key_values.%d.key", "present.%d.key"],
    ["past_key_values.%d.decoder.value", "present.%d.decoder.value"],
    ["past_key_%d", "present_key_%d"],
    ["past.%d.value", "present_key_values.%d.value"],
  ])("pairs %s with %s", (input, output) => {
    const of = (name: string, layer: number) => past(name.replace("%d", String(layer)));
    const { cache } = layoutOf(
      [ids, of(input, 1), of(input, 10)],
      [logits, of(output, 10), of(output, 1)],
      config,
    );
    expect(cache.map(({ past, present }) => [past, present])).toEqual(
      [1, 10].map((layer) => [input, output].map((name) => name.replace("%d", String(layer)))),
    );
  });

  it("takes sizes that the graph leaves open from the configuration", () => {
    const open = (name: string) => past(name, ["batch", "heads", "past", "size"]);
    const graph = [
      [ids, open("past_key_values.0.key"), open("past_key_values.0.value")],
      [
        tensor("logits", "float16", ["batch", "sequence", "vocabulary"]),
        open("present.0.key"),
        open("present.0.value"),
      ],
    ] as const;
    const sizes = { ...config, hidden_size: 512, num_attention_heads: 8, num_key_value_heads: 4 };
    expect(layoutOf(...graph, sizes).cache[0]).toMatchObject({ heads: 4, size: 64 });
    expect(layoutOf(...graph, { ...sizes, head_dim: 256 }).cache[0]).toMatchObject({ heads: 4, size: 256 });
    expect(() => layoutOf(...graph, config)).toThrow(/neither by the graph nor by its configuration/);
  });

  const without = (name: string) => inputs.filter((one) => one.name !== name);
  it.each<[string, RegExp, readonly Metadata[], readonly Metadata[]]>([
    ["has no tokens", /no input_ids/, without("input_ids"), outputs],
    ["has no cache", /no key-value cache/, [ids, mask], [logits]],
    ["has no logits", /no logits/, inputs, outputs.slice(1)],
    ["gives half a cache", /no output holds what follows/, inputs, outputs.slice(0, 2)],
    ["takes half a cache", /no counterpart/, without("past_key_values.0.value"), outputs],
    ["wants pictures", /pixel_values/, [...inputs, tensor("pixel_values", "float32", [1, 3])], outputs],
    ["wants embeddings", /inputs_embeds/, [...inputs, tensor("inputs_embeds", "float32", [1, 3])], outputs],
    [
      "has a cache of fixed length",
      /fixed length of 512/,
      [ids, past("past_key_values.0.key", [1, 2, 512, 64])],
      [logits, past("present.0.key")],
    ],
    [
      "has keys and values in one tensor",
      /five|5 dimensions/,
      [ids, past("past_key_values.0.key", [2, "batch", 2, "past", 64])],
      [logits, past("present.0.key")],
    ],
    [
      "has a cache of doubles",
      /float64/,
      [ids, past("past_key_values.0.key", ["batch", 2, "past", 64], "float64")],
      [logits, past("present.0.key")],
    ],
    [
      "takes eight sequences at once",
      /8 sequences/,
      [tensor("input_ids", "int64", [8, "s"]), ...inputs.slice(1)],
      outputs,
    ],
    [
      "takes 64 tokens at once",
      /fixed length of 64/,
      [tensor("input_ids", "int64", [1, 64]), ...inputs.slice(1)],
      outputs,
    ],
    ["has tokens as text", /string/, [tensor("input_ids", "string", [1, "s"]), ...inputs.slice(1)], outputs],
    [
      "has logits as whole numbers",
      /int64/,
      inputs,
      [tensor("logits", "int64", [1, "s", 9]), ...outputs.slice(1)],
    ],
    ["has a map among its inputs", /not a tensor/, [...inputs, { name: "map", isTensor: false }], outputs],
  ])("is refused where it %s", (_, reason, graphInputs, graphOutputs) => {
    expect(() => layoutOf(graphInputs, graphOutputs, config)).toThrow(reason);
  });
});
