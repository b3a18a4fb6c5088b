import * as z from "zod";

export const MODEL_CONFIG_FILE = "config.json";
/** What onnxruntime-genai's model builder writes instead. */
export const GENAI_CONFIG_FILE = "genai_config.json";

const Size = z.number().int().positive();
const Ids = z.union([z.number().int(), z.array(z.number().int())]).nullish();

/**
 * What is read of a model's `config.json` (the names are those of Hugging Face Transformers). The graph itself says
 * most of it; these stand in where it leaves a size open.
 */
export const ModelConfig = z.object({
  vocab_size: Size,
  hidden_size: Size.nullish(),
  num_attention_heads: Size.nullish(),
  num_key_value_heads: Size.nullish(),
  head_dim: Size.nullish(),
  max_position_embeddings: Size,
  eos_token_id: Ids,
});
export type ModelConfig = z.infer<typeof ModelConfig>;

/** What is read of `genai_config.json`. */
export const GenaiConfig = z.object({
  model: z.object({
    vocab_size: Size,
    context_length: Size,
    eos_token_id: Ids,
    decoder: z.object({
      filename: z.string(),
      head_size: Size.nullish(),
      hidden_size: Size.nullish(),
      num_attention_heads: Size.nullish(),
      num_key_value_heads: Size.nullish(),
    }),
  }),
});
export type GenaiConfig = z.infer<typeof GenaiConfig>;

export function configOfGenai({ model }: GenaiConfig): ModelConfig {
  const { decoder } = model;
  return {
    vocab_size: model.vocab_size,
    hidden_size: decoder.hidden_size,
    num_attention_heads: decoder.num_attention_heads,
    num_key_value_heads: decoder.num_key_value_heads,
    head_dim: decoder.head_size,
    max_position_embeddings: model.context_length,
    eos_token_id: model.eos_token_id,
  };
}
