/** What a rebuild of the embedded model is made with: the one place for its numbers. */

/** Seed of every random choice. */
export const SEED = 20251;

/** Control tokens in the order of their ids; the server's prompt builder relies on these ids. */
export const CONTROL_TOKENS = [
  "<|endoftext|>",
  "<|fim_prefix|>",
  "<|fim_suffix|>",
  "<|fim_middle|>",
  "<|fim_pad|>",
  "<|file_sep|>",
];

/**
 * Packages that never reach the corpus, the tokenizer or the n-gram baseline. `validation` draws the
 * training curve; `evaluation` is read only by the evaluation of a finished model.
 * @type {Readonly<Record<'validation' | 'evaluation', readonly string[]>>}
 */
export const HELD_OUT = {
  validation: [
    "@xterm/xterm",
    "pg",
    "@feathersjs/feathers",
    "@feathersjs/commons",
    "@feathersjs/express",
    "@feathersjs/errors",
    "@feathersjs/hooks",
  ],
  evaluation: ["hls.js", "pdf-lib", "kafkajs", "nodemailer", "svgo", "xrpl"],
};

/** Corpus limits. Sizes are UTF-16 code units of cleaned text. */
export const CORPUS = {
  packageLimit: 5_000_000,
  smallestFile: 200,
  largestFile: 200_000,
  /** Largest share of the whole that a language may take; languages not named here are not limited. */
  languageShares: { declarations: 0.04, markdown: 0.05, json: 0.015, css: 0.02, python: 0.02 },
};

/** Tokenizer: size of the vocabulary, and how much of the corpus (code units) it is learned from. */
export const TOKENIZER = { vocabulary: 6144, sample: 40_000_000 };

/**
 * The two budgets. `shape` are the flags of `python/train.py`; rates are peaks. `continued` replaces the rates where
 * a released model goes on: its weights are settled, and a high peak would first undo what they learned.
 * `cpu` fits two cores, `gpu` one data-centre card.
 */
export const BUDGETS = {
  cpu: {
    minutes: 120,
    shape: { width: 256, layers: 6, heads: 4, "kv-heads": 2, hidden: 704, context: 1024 },
    training: { "batch-tokens": 8192, "matrix-rate": 0.01, "other-rate": 0.002, "decay-share": 0.7 },
    continued: { "matrix-rate": 0.006, "other-rate": 0.0012, "decay-share": 0.9 },
  },
  gpu: {
    minutes: 25,
    shape: { width: 512, layers: 8, heads: 8, "kv-heads": 2, hidden: 1408, context: 1024 },
    training: { "batch-tokens": 131072, "matrix-rate": 0.02, "other-rate": 0.003, "decay-share": 0.6 },
    continued: { "matrix-rate": 0.01, "other-rate": 0.0015, "decay-share": 0.9 },
  },
};
