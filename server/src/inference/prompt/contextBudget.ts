import type { Prompt } from "../suggestion";

/**
 * Prompts of at least this many tokens keep a share for text of other files even where the document itself could use
 * them. Shorter ones do not: for the embedded model (1,024 tokens), chunks in free room saved 0.8 ± 0.2 bits of a
 * line's 43, and chunks that displaced the document's own text cost 0.3 ± 0.2 of 36 (400 cursors each, `npm run bench
 * -- --context`).
 */
const LONG_PROMPT_TOKENS = 2048;
const SHARE_OF_LONG_PROMPT = 0.25;

/** Room that is free is counted in steps: a document that grows with each key changes the chunks only now and then. */
const STEP_TOKENS = 128;

/** What chunks may take of a prompt in any case, in tokens. */
export function reservedTokens(textBudget: number): number {
  return textBudget < LONG_PROMPT_TOKENS ? 0 : Math.floor(textBudget * SHARE_OF_LONG_PROMPT);
}

/** What a document that stands whole in the prompt leaves to chunks, in tokens. */
export function freeTokens(textBudget: number, documentTokens: number): number {
  return Math.max(0, textBudget - Math.ceil((documentTokens + 1) / STEP_TOKENS) * STEP_TOKENS);
}

/** The chunks, whole and in their order, that fit into a budget of tokens; later ones are preferred. */
export function fitChunks(
  chunks: Prompt["context"],
  budget: number,
  costOf: (chunk: Prompt["context"][number]) => number,
): { readonly chunks: Prompt["context"]; readonly tokens: number } {
  const fitting: Prompt["context"] = [];
  let tokens = 0;
  for (const chunk of [...chunks].reverse()) {
    if (tokens === budget) {
      break;
    }
    const cost = costOf(chunk);
    if (tokens + cost > budget) {
      continue;
    }
    tokens += cost;
    fitting.unshift(chunk);
  }
  return { chunks: fitting, tokens };
}
