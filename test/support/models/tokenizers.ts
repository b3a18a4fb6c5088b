/** `tokenizer.json` files in the shapes that real models have, with small vocabularies. */
import { readFileSync } from "node:fs";
import type { PromptFamilyName } from "../../../server/src/models/pin/promptFamilies";

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly [flag: string]: unknown;
}

export interface TestTokenizer {
  readonly file: {
    readonly added_tokens: readonly AddedToken[];
    readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly [key: string]: unknown };
    readonly [key: string]: unknown;
  };
  readonly config: Readonly<Record<string, unknown>>;
  /** Ids from 0 to the last one. */
  readonly vocabularySize: number;
  readonly endOfText: string;
}

const META = "\u2581";
/** How many merges of the embedded model's tokenizer are borrowed. */
const MERGES = 900;

const embedded: { model: { vocab: Record<string, number>; merges: readonly [string, string][] } } =
  JSON.parse(
    readFileSync(new URL("../../../server/models/proofline-code/tokenizer.json", import.meta.url), "utf8"),
  );

/** The 256 characters of the byte alphabet. */
const ALPHABET = Object.keys(embedded.model.vocab).filter((token) => [...token].length === 1);

interface Shape {
  readonly kind: "byteLevel" | "sentencePiece";
  /** Added tokens: control ones, and whether they are marked as special. */
  readonly added: readonly (readonly [content: string, special: boolean])[];
  /** Added tokens come before the vocabulary rather than after it. */
  readonly addedFirst: boolean;
  readonly endOfText: string;
  readonly steps: Readonly<Record<string, unknown>>;
  readonly model?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
}

const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
const special = (...contents: string[]) => contents.map((content) => [content, true] as const);
const plain = (...contents: string[]) => contents.map((content) => [content, false] as const);

function splitThenBytes(pattern: string): unknown {
  const split = { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
  return { type: "Sequence", pretokenizers: [split, BYTE_LEVEL] };
}

function beginning(token: string): unknown {
  return {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
    special_tokens: { [token]: { id: token, ids: [1], tokens: [token] } },
  };
}

const SENTENCE_PIECE_DECODER = {
  type: "Sequence",
  decoders: [
    { type: "Replace", pattern: { String: META }, content: " " },
    { type: "ByteFallback" },
    { type: "Fuse" },
    { type: "Strip", content: " ", start: 1, stop: 0 },
  ],
};
const MARK_SPACES = { type: "Replace", pattern: { String: " " }, content: META };

const LLAMA3_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN_PATTERN = LLAMA3_PATTERN.replace("{1,3}", "");

const SHAPES: Readonly<Record<PromptFamilyName, Shape>> = {
  "qwen2.5-coder/v1": {
    kind: "byteLevel",
    added: [
      ...special("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
      ...plain("<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
      ...plain("<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"),
    ],
    addedFirst: false,
    endOfText: "<|endoftext|>",
    steps: {
      normalizer: { type: "NFC" },
      pre_tokenizer: splitThenBytes(QWEN_PATTERN),
      post_processor: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
      decoder: BYTE_LEVEL,
    },
    config: { add_bos_token: false, bos_token: null, eos_token: "<|endoftext|>" },
  },
  "starcoder2/v1": {
    kind: "byteLevel",
    added: special(
      "<|endoftext|>",
      "<fim_prefix>",
      "<fim_middle>",
      "<fim_suffix>",
      "<fim_pad>",
      "<repo_name>",
      "<file_sep>",
      "<issue_start>",
    ),
    addedFirst: true,
    endOfText: "<|endoftext|>",
    steps: {
      normalizer: null,
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          { type: "Digits", individual_digits: true },
          { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
        ],
      },
      post_processor: null,
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    },
    config: { add_prefix_space: false, bos_token: "<|endoftext|>", eos_token: "<|endoftext|>" },
  },
  "deepseek-coder/v1": {
    kind: "byteLevel",
    added: [
      // Characters of the byte alphabet whose bytes no text holds.
      ...plain("õ", "÷", "Á", "ý", "À"),
      ...special("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
      ...plain("<｜fim▁hole｜>", "<｜fim▁begin｜>", "<｜fim▁end｜>", "<|User|>", "<|Assistant|>", "<|EOT|>"),
    ],
    addedFirst: false,
    endOfText: "<｜end▁of▁sentence｜>",
    steps: {
      normalizer: { type: "Sequence", normalizers: [] },
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          ...["[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-퟿]+"].map((pattern) => ({
            type: "Split",
            pattern: { Regex: pattern },
            behavior: "Isolated",
            invert: false,
          })),
          { type: "Digits", individual_digits: true },
          { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
        ],
      },
      post_processor: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    },
    config: {
      add_bos_token: true,
      bos_token: { content: "<｜begin▁of▁sentence｜>", special: true },
      eos_token: { content: "<｜end▁of▁sentence｜>", special: true },
    },
  },
  "codellama/v1": {
    kind: "sentencePiece",
    added: special("<unk>", "<s>", "</s>", "▁<PRE>", "▁<MID>", "▁<SUF>", "▁<EOT>"),
    addedFirst: true,
    endOfText: "</s>",
    steps: {
      normalizer: { type: "Sequence", normalizers: [{ type: "Prepend", prepend: META }, MARK_SPACES] },
      pre_tokenizer: null,
      post_processor: beginning("<s>"),
      decoder: SENTENCE_PIECE_DECODER,
    },
    model: { byte_fallback: true, fuse_unk: true, unk_token: "<unk>" },
    config: { add_bos_token: true, bos_token: { content: "<s>", special: true } },
  },
  "codegemma/v1": {
    kind: "sentencePiece",
    added: [
      ...special("<pad>", "<eos>", "<bos>", "<unk>"),
      ...special("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|file_separator|>"),
      ...plain("<start_of_turn>", "<end_of_turn>", "\n\n", "\n\n\n", "▁▁", "▁▁▁▁", "<table>"),
    ],
    addedFirst: true,
    endOfText: "<eos>",
    steps: {
      normalizer: MARK_SPACES,
      pre_tokenizer: {
        type: "Split",
        pattern: { String: " " },
        behavior: "MergedWithPrevious",
        invert: false,
      },
      post_processor: beginning("<bos>"),
      decoder: { type: "Sequence", decoders: SENTENCE_PIECE_DECODER.decoders.slice(0, 3) },
    },
    model: { byte_fallback: true, fuse_unk: true, unk_token: "<unk>" },
  },
  "codestral/v1": {
    kind: "sentencePiece",
    added: special("<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]"),
    addedFirst: true,
    endOfText: "</s>",
    steps: {
      normalizer: null,
      pre_tokenizer: { type: "Metaspace", replacement: META, prepend_scheme: "first", split: false },
      post_processor: beginning("<s>"),
      decoder: SENTENCE_PIECE_DECODER,
    },
    model: { byte_fallback: true, fuse_unk: true, unk_token: "<unk>" },
    config: { add_bos_token: true, bos_token: "<s>" },
  },
  "seed-coder/v1": {
    kind: "byteLevel",
    added: special(
      "<[begin▁of▁sentence]>",
      "<[PAD▁TOKEN]>",
      "<[end▁of▁sentence]>",
      "<[SEP▁TOKEN]>",
      "<[fim-prefix]>",
      "<[fim-suffix]>",
      "<[fim-middle]>",
    ),
    addedFirst: true,
    endOfText: "<[end▁of▁sentence]>",
    steps: {
      normalizer: null,
      pre_tokenizer: splitThenBytes(LLAMA3_PATTERN),
      post_processor: beginning("<[begin▁of▁sentence]>"),
      decoder: BYTE_LEVEL,
    },
    model: { ignore_merges: true },
  },
  "suffix-first-fim/v1": {
    kind: "byteLevel",
    added: special("<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>"),
    addedFirst: true,
    endOfText: "<|endoftext|>",
    steps: {
      normalizer: null,
      pre_tokenizer: splitThenBytes(QWEN_PATTERN),
      post_processor: null,
      decoder: BYTE_LEVEL,
    },
  },
  "granite/v1": {
    kind: "byteLevel",
    added: special(
      "<|end_of_text|>",
      "<fim_prefix>",
      "<fim_middle>",
      "<fim_suffix>",
      "<fim_pad>",
      "<filename>",
    ),
    addedFirst: true,
    endOfText: "<|end_of_text|>",
    steps: {
      normalizer: null,
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          { type: "Digits", individual_digits: true },
          { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
        ],
      },
      post_processor: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    },
  },
  "left-to-right/v1": {
    kind: "byteLevel",
    added: special("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"),
    addedFirst: false,
    endOfText: "<|end_of_text|>",
    steps: {
      normalizer: null,
      pre_tokenizer: splitThenBytes(LLAMA3_PATTERN),
      post_processor: {
        type: "Sequence",
        processors: [{ type: "ByteLevel", trim_offsets: false }, beginning("<|begin_of_text|>")],
      },
      decoder: BYTE_LEVEL,
    },
    model: { ignore_merges: true },
  },
};

/** The tokenizer of a model for which `family` is the one that its tokens ask for. */
export function testTokenizer(family: PromptFamilyName): TestTokenizer {
  const shape = SHAPES[family];
  const { tokens, merges } =
    shape.kind === "byteLevel" ? byteLevelVocabulary() : sentencePieceVocabulary(family);
  const added = shape.added.map(([content]) => content);
  const order = [...new Set(shape.addedFirst ? [...added, ...tokens] : [...tokens, ...added])];
  const vocab = Object.fromEntries(order.map((token, id) => [token, id]));
  // Tokens that come after the vocabulary are in the list of added tokens only.
  const own = Object.entries(vocab).filter(([token]) => shape.addedFirst || tokens.includes(token));
  return {
    file: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: shape.added.map(([content, isSpecial]) => ({
        id: vocab[content] ?? -1,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: isSpecial,
      })),
      ...shape.steps,
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        ...shape.model,
        vocab: Object.fromEntries(own),
        merges,
      },
    },
    config: { tokenizer_class: "PreTrainedTokenizerFast", ...shape.config },
    vocabularySize: order.length,
    endOfText: shape.endOfText,
  };
}

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

function byteLevelVocabulary(): Vocabulary {
  const merges = embedded.model.merges.slice(0, MERGES);
  return { tokens: [...ALPHABET, ...merges.map(([left, right]) => left + right)], merges };
}

/** The same merges as far as they are printable, with `▁` for the space; Gemma also merges line breaks. */
function sentencePieceVocabulary(family: PromptFamilyName): Vocabulary {
  const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");
  const byteTokens = Array.from({ length: 256 }, (_, byte) => `<0x${hex(byte)}>`);
  const characters = [
    META,
    ...Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)),
    "é",
    "ö",
  ];
  const merges: [string, string][] = [];
  const known = new Set(characters);
  const add = (left: string, right: string): void => {
    if (!known.has(left) || !known.has(right) || known.has(left + right)) {
      return;
    }
    known.add(left + right);
    merges.push([left, right]);
  };
  if (family === "codegemma/v1") {
    known.add("\n");
    add("\n", "\n");
    add("\n\n", "\n");
  }
  add(META, META);
  add(META + META, META + META);
  for (const [left, right] of embedded.model.merges.slice(0, MERGES)) {
    const spelled = (token: string): string => token.replaceAll("Ġ", META);
    add(spelled(left), spelled(right));
  }
  return { tokens: [...byteTokens, ...known], merges };
}
