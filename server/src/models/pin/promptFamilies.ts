import * as z from "zod";
import { type ControlRole, type ControlToken, ControlTokens } from "./controlTokens";

/** A piece of a prompt: a control token, text that is encoded by itself, or the text before the cursor. */
export type Part = { readonly control: ControlRole } | { readonly text: string } | "prefix";

type Spellings = Readonly<Partial<Record<ControlRole, readonly string[]>>>;

/** What a layout places around the text before the cursor. */
interface PromptText {
  readonly path: string | null;
  readonly suffix: string;
  readonly context: readonly { readonly path: string; readonly text: string }[];
}

/**
 * How the parts of a prompt become what a kind of model was trained on. A family is versioned: under one name its
 * layout never changes, since pins and evidence name it.
 */
export interface PromptFamily {
  /** The control tokens that the family needs, by role, each with the spellings that tokenizers use. */
  readonly needs: Spellings;
  /** Control tokens that are pinned where the tokenizer has them. */
  readonly takes: Spellings;
  /** The roles that end an answer, the common one first. */
  readonly ends: readonly ControlRole[];
  /** The suffix stands before the prefix: while a person types, all but the end of the prompt stays the same. */
  readonly suffixFirst: boolean;
  /** Whether the prompt names the file, and whether it has a place for text of other files. */
  readonly places: { readonly path: boolean; readonly context: boolean };
  /** The pieces in order; `"prefix"` is among them exactly once. */
  readonly layout: (prompt: PromptText) => readonly Part[];
}

const control = (role: ControlRole): Part => ({ control: role });
const text = (value: string): Part => ({ text: value });

/** Models name the repository in their layout, and a prompt does not: this stands for it. */
const REPOSITORY = "repository";

const WITHOUT_FILES = { path: false, context: false } as const;
const WITH_FILES = { path: true, context: true } as const;

/** Each chunk as a file of its own: separator, path, line break, text. */
function files(context: PromptText["context"]): Part[] {
  return context.flatMap((chunk) => [control("fileSeparator"), text(`${chunk.path}\n${chunk.text}`)]);
}

function prefixSuffixMiddle(suffix: string): Part[] {
  return [control("prefix"), "prefix", control("suffix"), text(suffix), control("middle")];
}

function endedLine(value: string): string {
  return value.endsWith("\n") ? value : `${value}\n`;
}

/**
 * Every family. Comments show the layout, with `[…]` around what is there only when the prompt has it; spaces beside
 * control tokens and line breaks are the comments' own.
 *
 * A model without a stated family gets the first one whose tokens its tokenizer has, so that one that needs more
 * stands before one that needs less.
 */
const FAMILIES = {
  /**
   * The repository form of the technical report (arXiv 2409.12186), or the file form where there is nothing to name:
   *
   *     [<|repo_name|>name\n [<|file_sep|>path\nchunk\n]… <|file_sep|>path\n]
   *     <|fim_prefix|>prefix <|fim_suffix|>suffix <|fim_middle|>
   */
  "qwen2.5-coder/v1": {
    needs: {
      endOfText: ["<|endoftext|>"],
      prefix: ["<|fim_prefix|>"],
      suffix: ["<|fim_suffix|>"],
      middle: ["<|fim_middle|>"],
      fileSeparator: ["<|file_sep|>"],
      repositoryName: ["<|repo_name|>"],
    },
    takes: { endOfTurn: ["<|im_end|>"], padding: ["<|fim_pad|>"] },
    ends: ["endOfText", "endOfTurn", "fileSeparator", "repositoryName", "padding"],
    suffixFirst: false,
    places: WITH_FILES,
    layout: ({ path, suffix, context }) => [
      ...(path === null && context.length === 0
        ? []
        : [
            control("repositoryName"),
            text(`${REPOSITORY}\n`),
            ...context.flatMap((chunk) => [
              control("fileSeparator"),
              text(endedLine(`${chunk.path}\n${chunk.text}`)),
            ]),
            control("fileSeparator"),
            text(`${path ?? ""}\n`),
          ]),
      ...prefixSuffixMiddle(suffix),
    ],
  },

  /**
   * Fill-in-the-middle inside a repository (arXiv 2402.19173, 5.1): the path belongs to the prefix.
   *
   *     [<repo_name>name [<file_sep>path\nchunk]…] <file_sep>
   *     <fim_prefix>[path\n]prefix <fim_suffix>suffix <fim_middle>
   */
  "starcoder2/v1": {
    needs: {
      endOfText: ["<|endoftext|>"],
      prefix: ["<fim_prefix>"],
      suffix: ["<fim_suffix>"],
      middle: ["<fim_middle>"],
      fileSeparator: ["<file_sep>"],
      repositoryName: ["<repo_name>"],
    },
    takes: { padding: ["<fim_pad>"] },
    ends: ["endOfText", "fileSeparator", "repositoryName", "padding"],
    suffixFirst: false,
    places: WITH_FILES,
    layout: ({ path, suffix, context }) => [
      ...(path === null && context.length === 0
        ? []
        : [control("repositoryName"), text(REPOSITORY), ...files(context), control("fileSeparator")]),
      control("prefix"),
      ...(path === null ? [] : [text(`${path}\n`)]),
      "prefix",
      control("suffix"),
      text(suffix),
      control("middle"),
    ],
  },

  /**
   * Files of a repository stand one after the other under a line with their path (model card), and the hole is in
   * the last one:
   *
   *     <｜begin▁of▁sentence｜> <｜fim▁begin｜>[#path\nchunk\n]… [#path\n]prefix
   *     <｜fim▁hole｜>suffix <｜fim▁end｜>
   */
  "deepseek-coder/v1": {
    needs: {
      begin: ["<｜begin▁of▁sentence｜>"],
      endOfText: ["<｜end▁of▁sentence｜>"],
      prefix: ["<｜fim▁begin｜>"],
      suffix: ["<｜fim▁hole｜>"],
      middle: ["<｜fim▁end｜>"],
    },
    takes: { endOfTurn: ["<|EOT|>"] },
    ends: ["endOfText", "endOfTurn"],
    suffixFirst: false,
    places: WITH_FILES,
    layout: ({ path, suffix, context }) => [
      control("begin"),
      control("prefix"),
      ...context.map((chunk) => text(endedLine(`#${chunk.path}\n${chunk.text}`))),
      ...(path === null ? [] : [text(`#${path}\n`)]),
      "prefix",
      control("suffix"),
      text(suffix),
      control("middle"),
    ],
  },

  /**
   * The suffix-first form of the model's own code (`infilling_prompt_tokens`); a middle ends with `<EOT>`.
   *
   *     <s> <PRE> <SUF>suffix <MID>prefix
   */
  "codellama/v1": {
    needs: {
      begin: ["<s>"],
      endOfText: ["</s>"],
      prefix: ["▁<PRE>", "<PRE>"],
      suffix: ["▁<SUF>", "<SUF>"],
      middle: ["▁<MID>", "<MID>"],
      endOfMiddle: ["▁<EOT>", "<EOT>"],
    },
    takes: {},
    ends: ["endOfMiddle", "endOfText"],
    suffixFirst: true,
    places: WITHOUT_FILES,
    layout: ({ suffix }) => [
      control("begin"),
      control("prefix"),
      control("suffix"),
      text(suffix),
      control("middle"),
      "prefix",
    ],
  },

  /**
   * A separator stands between files (model card); how files are named is not documented, so they are not.
   *
   *     <bos> [chunk<|file_separator|>]… <|fim_prefix|>prefix <|fim_suffix|>suffix <|fim_middle|>
   */
  "codegemma/v1": {
    needs: {
      begin: ["<bos>"],
      endOfText: ["<eos>"],
      prefix: ["<|fim_prefix|>"],
      suffix: ["<|fim_suffix|>"],
      middle: ["<|fim_middle|>"],
      fileSeparator: ["<|file_separator|>"],
    },
    takes: { endOfTurn: ["<end_of_turn>"] },
    ends: ["endOfText", "fileSeparator", "endOfTurn"],
    suffixFirst: false,
    places: { path: false, context: true },
    layout: ({ suffix, context }) => [
      control("begin"),
      ...context.flatMap((chunk) => [text(chunk.text), control("fileSeparator")]),
      ...prefixSuffixMiddle(suffix),
    ],
  },

  /** `<s> [SUFFIX]suffix [PREFIX]prefix` (`encode_fim` of mistral-common): the answer follows the prefix. */
  "codestral/v1": {
    needs: { begin: ["<s>"], endOfText: ["</s>"], prefix: ["[PREFIX]"], suffix: ["[SUFFIX]"] },
    takes: {},
    ends: ["endOfText"],
    suffixFirst: true,
    places: WITHOUT_FILES,
    layout: ({ suffix }) => [control("begin"), control("suffix"), text(suffix), control("prefix"), "prefix"],
  },

  /** `<[begin▁of▁sentence]> <[fim-suffix]>suffix <[fim-prefix]>prefix <[fim-middle]>` (arXiv 2506.03524). */
  "seed-coder/v1": {
    needs: {
      begin: ["<[begin▁of▁sentence]>"],
      endOfText: ["<[end▁of▁sentence]>"],
      prefix: ["<[fim-prefix]>"],
      suffix: ["<[fim-suffix]>"],
      middle: ["<[fim-middle]>"],
    },
    takes: {},
    ends: ["endOfText"],
    suffixFirst: true,
    places: WITHOUT_FILES,
    layout: ({ suffix }) => [
      control("begin"),
      control("suffix"),
      text(suffix),
      control("prefix"),
      "prefix",
      control("middle"),
    ],
  },

  /**
   * The embedded model, which was trained on exactly this (`server/training/rows/samples.mjs`):
   *
   *     <|fim_prefix|> [<|file_sep|>path\nchunk]… [<|file_sep|>path\n] <|fim_suffix|>suffix <|fim_middle|>prefix
   */
  "suffix-first-fim/v1": {
    needs: {
      endOfText: ["<|endoftext|>"],
      prefix: ["<|fim_prefix|>"],
      suffix: ["<|fim_suffix|>"],
      middle: ["<|fim_middle|>"],
      fileSeparator: ["<|file_sep|>"],
    },
    takes: {},
    ends: ["endOfText"],
    suffixFirst: true,
    places: WITH_FILES,
    layout: ({ path, suffix, context }) => [
      control("prefix"),
      ...files(context),
      ...(path === null ? [] : [control("fileSeparator"), text(`${path}\n`)]),
      control("suffix"),
      text(suffix),
      control("middle"),
      "prefix",
    ],
  },

  /** Granite Code and Granite 3 and later: `<fim_prefix>prefix <fim_suffix>suffix <fim_middle>` (model card). */
  "granite/v1": {
    needs: {
      endOfText: ["<|end_of_text|>", "<|endoftext|>"],
      prefix: ["<|fim_prefix|>", "<fim_prefix>"],
      suffix: ["<|fim_suffix|>", "<fim_suffix>"],
      middle: ["<|fim_middle|>", "<fim_middle>"],
    },
    takes: { padding: ["<|fim_pad|>", "<fim_pad>"] },
    ends: ["endOfText", "padding"],
    suffixFirst: false,
    places: WITHOUT_FILES,
    layout: ({ suffix }) => prefixSuffixMiddle(suffix),
  },

  /**
   * Any other model: only the text before the cursor, after the token with which its texts begin, if it has one.
   * What follows the cursor is not seen.
   */
  "left-to-right/v1": {
    needs: {
      endOfText: [
        "<|endoftext|>",
        "<|end_of_text|>",
        "</s>",
        "<eos>",
        "<｜end▁of▁sentence｜>",
        "<[end▁of▁sentence]>",
      ],
    },
    takes: {
      begin: ["<|begin_of_text|>", "<s>", "<bos>"],
      endOfTurn: ["<|im_end|>", "<|eot_id|>", "<end_of_turn>"],
    },
    ends: ["endOfText", "endOfTurn"],
    suffixFirst: true,
    places: WITHOUT_FILES,
    layout: () => [control("begin"), "prefix"],
  },
} as const satisfies Readonly<Record<string, PromptFamily>>;

export const PromptFamilyName = z.enum(
  Object.keys(FAMILIES) as [keyof typeof FAMILIES, ...(keyof typeof FAMILIES)[]],
);
export type PromptFamilyName = z.infer<typeof PromptFamilyName>;

export function promptFamily(name: PromptFamilyName): PromptFamily {
  return FAMILIES[name];
}

/** What a pin says of prompts: the family, and exactly the control tokens that it needs or takes. */
export const PinnedPrompt = z
  .strictObject({ family: PromptFamilyName, controlTokens: ControlTokens })
  .superRefine(({ family, controlTokens }, context) => {
    const { needs, takes } = promptFamily(family);
    const problem = (message: string) => context.addIssue({ code: "custom", message });
    for (const role of Object.keys(needs)) {
      if (!(role in controlTokens)) {
        problem(`${family} needs the control token ${role}`);
      }
    }
    for (const role of Object.keys(controlTokens)) {
      if (!(role in needs) && !(role in takes)) {
        problem(`${family} has no control token ${role}`);
      }
    }
    const ids = Object.values(controlTokens).map((token) => token?.id);
    if (new Set(ids).size < ids.length) {
      problem("two control tokens share an id");
    }
  });
export type PinnedPrompt = z.infer<typeof PinnedPrompt>;

/** What a family is chosen and pinned from. */
export interface TokenizerFacts {
  readonly addedTokens: readonly ControlToken[];
  /** The token that the tokenizer itself puts before a text, if it does. */
  readonly begin: string | null;
  /** The token with which the model's configuration ends a text, if it says so. */
  readonly end: string | null;
}

/**
 * The family of a model and its control tokens.
 *
 * @param name the stated family, or `null` for the first one whose tokens are there
 * @returns the pinned prompt, or the spellings that no token of the tokenizer has
 */
export function pinPrompt(
  facts: TokenizerFacts,
  name: PromptFamilyName | null,
): PinnedPrompt | { readonly missing: string } {
  if (name !== null) {
    return pinFamily(facts, name);
  }
  let missing = "";
  for (const candidate of PromptFamilyName.options) {
    const pinned = pinFamily(facts, candidate);
    if (!("missing" in pinned)) {
      return pinned;
    }
    missing = pinned.missing;
  }
  return { missing };
}

function pinFamily(
  facts: TokenizerFacts,
  family: PromptFamilyName,
): PinnedPrompt | { readonly missing: string } {
  const { needs, takes } = promptFamily(family);
  const find = (spellings: readonly (string | null)[]): ControlToken | undefined =>
    spellings.flatMap((spelling) => facts.addedTokens.filter(({ text }) => text === spelling))[0];
  const tokens: Partial<Record<ControlRole, ControlToken>> = {};
  for (const [role, spellings] of rolesOf(needs)) {
    // A tokenizer can hold several such tokens; the model's configuration knows which one it means.
    const known =
      role === "endOfText" && family === "left-to-right/v1" ? [facts.end, ...spellings] : spellings;
    const token = find(known);
    if (token === undefined) {
      return { missing: spellings.join(" or ") };
    }
    tokens[role] = token;
  }
  for (const [role, spellings] of rolesOf(takes)) {
    const token = find(role === "begin" ? [facts.begin] : spellings);
    if (token !== undefined && token.id !== tokens.endOfText?.id) {
      tokens[role] = token;
    }
  }
  return { family, controlTokens: ControlTokens.parse(tokens) };
}

function rolesOf(spellings: Spellings): [ControlRole, readonly string[]][] {
  return Object.entries(spellings) as [ControlRole, readonly string[]][];
}
