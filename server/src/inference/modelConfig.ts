import * as z from "zod";

export const MODEL_CONFIG_FILE = "config.json";

const Size = z.number().int().positive();

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
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;
