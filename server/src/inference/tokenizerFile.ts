import * as z from "zod";
import { Count } from "../provenance/primitives";

export const TOKENIZER_FILE = "tokenizer.json";

/** One step of a normalizer, pre-tokenizer or decoder; what else it holds depends on its type. */
export const Step = z.looseObject({ type: z.string() });
export type Step = z.infer<typeof Step>;

/** What is read of `tokenizer.json` (the format of Hugging Face Tokenizers): byte-pair encoding only. */
export const TokenizerFile = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: Count, content: z.string(), special: z.boolean().optional() })),
  normalizer: z.nullish(Step),
  pre_tokenizer: z.nullish(Step),
  post_processor: z.nullish(Step),
  decoder: Step,
  model: z.looseObject({
    type: z.literal("BPE"),
    vocab: z.record(z.string(), Count),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    byte_fallback: z.boolean().nullish(),
    unk_token: z.string().nullish(),
  }),
});
export type TokenizerFile = z.infer<typeof TokenizerFile>;

const Lists = z.looseObject({
  normalizers: z.array(Step).optional(),
  pretokenizers: z.array(Step).optional(),
  processors: z.array(Step).optional(),
  decoders: z.array(Step).optional(),
});

/** The steps of a component in order, those of sequences one by one. */
export function stepsOf(component: Step | null | undefined): Step[] {
  if (component === null || component === undefined) return [];
  if (component.type !== "Sequence") return [component];
  const { normalizers, pretokenizers, processors, decoders } = Lists.parse(component);
  return (normalizers ?? pretokenizers ?? processors ?? decoders ?? []).flatMap(stepsOf);
}

/** Bytes that no UTF-8 text holds; a tokenizer need not be able to spell them. */
export function neverInText(byte: number): boolean {
  return byte === 0xc0 || byte === 0xc1 || byte >= 0xf5;
}
