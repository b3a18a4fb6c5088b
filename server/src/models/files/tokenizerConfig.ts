import * as z from "zod";
import type { ModelConfig } from "./modelConfig";
import { stepsOf, type TokenizerFile } from "./tokenizerFile";

export const TOKENIZER_CONFIG_FILE = "tokenizer_config.json";

const Named = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();

/** What is read of `tokenizer_config.json`, which not every model has. */
export const TokenizerConfig = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  bos_token: Named,
});
export type TokenizerConfig = z.infer<typeof TokenizerConfig>;

const Template = z.looseObject({
  single: z.array(z.looseObject({ SpecialToken: z.looseObject({ id: z.string() }).optional() })),
});

/** The control token that the tokenizer itself puts before a text, or `null`. */
export function beginOf(file: TokenizerFile, config: TokenizerConfig | null): string | null {
  const token = config?.bos_token;
  if (config?.add_bos_token === true && token) {
    return typeof token === "string" ? token : token.content;
  }
  if (config?.add_bos_token === false) {
    return null;
  }
  for (const step of stepsOf(file.post_processor)) {
    if (step.type !== "TemplateProcessing") {
      continue;
    }
    const first = Template.safeParse(step).data?.single[0]?.SpecialToken;
    if (first !== undefined) {
      return first.id;
    }
  }
  return null;
}

/** The control token with which the model's configuration ends a text, or `null`. */
export function endOf(file: TokenizerFile, { eos_token_id }: ModelConfig): string | null {
  const ids = [eos_token_id].flat();
  return file.added_tokens.find(({ id }) => ids.includes(id))?.content ?? null;
}
