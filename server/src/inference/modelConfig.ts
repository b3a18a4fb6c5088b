import * as z from "zod";

export const MODEL_CONFIG_FILE = "config.json";

/** What is read of a model's `config.json` (the names are those of Hugging Face Transformers). */
export const ModelConfig = z.object({
  vocab_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive(),
  num_key_value_heads: z.number().int().positive(),
  head_dim: z.number().int().positive(),
  max_position_embeddings: z.number().int().positive(),
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;
