import { Tokenizer as ByteLevelBpe } from "@huggingface/tokenizers";
import * as z from "zod";
import { Count, Text } from "../provenance/primitives";

export const TOKENIZER_FILE = "tokenizer.json";

/** How the control tokens of the supported prompt family are spelled in `tokenizer.json`. */
export const CONTROL_TOKEN_TEXT = {
  endOfText: "<|endoftext|>",
  prefix: "<|fim_prefix|>",
  suffix: "<|fim_suffix|>",
  middle: "<|fim_middle|>",
  fileSeparator: "<|file_sep|>",
} as const;

const ControlToken = z.strictObject({ text: Text, id: Count });

/** The control tokens as a pin states them; the tokenizer must agree. */
export const ControlTokens = z.strictObject({
  endOfText: ControlToken,
  prefix: ControlToken,
  suffix: ControlToken,
  middle: ControlToken,
  fileSeparator: ControlToken,
});
export type ControlTokens = z.infer<typeof ControlTokens>;

/**
 * What is read of `tokenizer.json`. Only byte-level BPE without a normalizer is supported: the bytes of the tokens
 * are then exactly the bytes of the text, on which healing and replay rest.
 */
export const TokenizerFile = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: Count, content: z.string() })),
  normalizer: z.null(),
  pre_tokenizer: z.looseObject({}),
  decoder: z.looseObject({ type: z.literal("ByteLevel") }),
  model: z.looseObject({ type: z.literal("BPE"), vocab: z.record(z.string(), Count) }),
});
export type TokenizerFile = z.infer<typeof TokenizerFile>;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The pinned tokenizer. Text and control tokens never mix: text cannot become a control token. */
export class Tokenizer {
  /** Every added token of the file; none of them ever comes from text. */
  readonly controlIds: ReadonlySet<number>;
  readonly #bpe: ByteLevelBpe;
  /** By id; control tokens and ids without a token have none. */
  readonly #bytes: readonly (Uint8Array | undefined)[];

  /**
   * @param file the parsed `tokenizer.json`
   * @param control the control tokens that the pin states
   * @throws Error when file and pin disagree
   */
  constructor(
    file: TokenizerFile,
    readonly control: ControlTokens,
  ) {
    for (const { text, id } of Object.values(control)) {
      if (!file.added_tokens.some((token) => token.id === id && token.content === text)) {
        throw new Error(`the tokenizer has no control token ${text} with id ${id}`);
      }
    }
    this.controlIds = new Set(file.added_tokens.map(({ id }) => id));
    // Without added tokens the library has nothing to look for in text.
    this.#bpe = new ByteLevelBpe({ ...file, added_tokens: [] }, {});
    const bytes: (Uint8Array | undefined)[] = [];
    for (const [token, id] of Object.entries(file.model.vocab)) {
      if (!this.controlIds.has(id)) bytes[id] = bytesOfToken(token);
    }
    this.#bytes = bytes;
  }

  /** The token ids of a text. Whatever it spells, none of them is a control token. */
  encode(text: string): number[] {
    if (text === "") return [];
    const { ids } = this.#bpe.encode(text, { add_special_tokens: false });
    for (const id of ids) {
      if (this.#bytes[id] === undefined)
        throw new Error(`text was encoded to ${id}, which is no token of text`);
    }
    return ids;
  }

  /** How many tokens at the end of `ids` belong to the last word, white space or run of signs of `text`. */
  lastPieceLength(text: string, ids: readonly number[]): number {
    const pieces = this.#bpe.pre_tokenizer?.(text) ?? [];
    // The byte-level pre-tokenizer spells each byte as one character.
    let remaining = pieces.at(-1)?.length ?? 0;
    let count = 0;
    while (remaining > 0 && count < ids.length) {
      count += 1;
      remaining -= this.bytesOf(ids[ids.length - count] ?? -1).length;
    }
    return count;
  }

  /** The bytes of a token of text; empty for control tokens and ids that do not exist. */
  bytesOf(id: number): Uint8Array {
    return this.#bytes[id] ?? EMPTY;
  }

  /** Decodes tokens to text; bytes that are not UTF-8 (a character cut in two) become U+FFFD. */
  decode(ids: readonly number[]): string {
    return utf8.decode(Buffer.concat(ids.map((id) => this.bytesOf(id))));
  }
}

const EMPTY = new Uint8Array(0);

/** GPT-2's byte alphabet: printable Latin-1 characters stand for themselves, the other bytes for U+0100 and on. */
const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = (() => {
  const map = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
    map.set(String.fromCharCode(printable ? byte : next++), byte);
  }
  return map;
})();

function bytesOfToken(token: string): Uint8Array {
  return Uint8Array.from(token, (character) => {
    const byte = BYTE_OF_CHARACTER.get(character);
    if (byte === undefined) throw new Error(`the token ${JSON.stringify(token)} is not spelled in bytes`);
    return byte;
  });
}
