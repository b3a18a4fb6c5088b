import * as z from "zod";
import { Count } from "../../platform/primitives";

export const TOKENIZER_FILE = "tokenizer.json";

/** One step of a normalizer, pre-tokenizer or decoder; what else it holds depends on its type. */
export const TokenizerStep = z.looseObject({ type: z.string() });
export type TokenizerStep = z.infer<typeof TokenizerStep>;

/** Ids by token. A real one has 150,000 entries, for which a schema of each would take a third of a second. */
const Vocabulary = z.custom<Readonly<Record<string, number>>>(
  (value) =>
    isObject(value) && Object.values(value).every((id) => Number.isSafeInteger(id) && (id as number) >= 0),
  "expected an id for each token",
);

/** Pairs of tokens, or both in one text with a space between. */
const Merges = z.custom<(string | [string, string])[]>(
  (value) =>
    Array.isArray(value) &&
    value.every(
      (merge) =>
        typeof merge === "string" ||
        (Array.isArray(merge) &&
          merge.length === 2 &&
          typeof merge[0] === "string" &&
          typeof merge[1] === "string"),
    ),
  "expected pairs of tokens",
);

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is read of `tokenizer.json` (the format of Hugging Face Tokenizers): byte-pair encoding only. */
export const TokenizerFile = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: Count, content: z.string(), special: z.boolean().optional() })),
  normalizer: z.nullish(TokenizerStep),
  pre_tokenizer: z.nullish(TokenizerStep),
  post_processor: z.nullish(TokenizerStep),
  decoder: TokenizerStep,
  model: z.looseObject({
    type: z.literal("BPE"),
    vocab: Vocabulary,
    merges: Merges,
    byte_fallback: z.boolean().nullish(),
    unk_token: z.string().nullish(),
  }),
});
export type TokenizerFile = z.infer<typeof TokenizerFile>;

const Lists = z.looseObject({
  normalizers: z.array(TokenizerStep).optional(),
  pretokenizers: z.array(TokenizerStep).optional(),
  processors: z.array(TokenizerStep).optional(),
  decoders: z.array(TokenizerStep).optional(),
});

/** The steps of a component in order, those of sequences one by one. */
export function stepsOf(component: TokenizerStep | null | undefined): TokenizerStep[] {
  if (component === null || component === undefined) {
    return [];
  }
  if (component.type !== "Sequence") {
    return [component];
  }
  const { normalizers, pretokenizers, processors, decoders } = Lists.parse(component);
  return (normalizers ?? pretokenizers ?? processors ?? decoders ?? []).flatMap(stepsOf);
}

/** Bytes that no UTF-8 text holds; a tokenizer need not be able to spell them. */
export function neverInText(byte: number): boolean {
  return byte === 0xc0 || byte === 0xc1 || byte >= 0xf5;
}
