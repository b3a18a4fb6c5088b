/**
 * How a kind of tokenizer spells text: every token of text stands for bytes, and the bytes of the tokens of a text are
 * exactly the bytes of the text. Healing and replay rest on that.
 */
export interface TextCodec {
  /** The bytes of a token of the vocabulary. Throws for one that has none. */
  readonly bytesOf: (token: string) => Uint8Array;
  /** The token ids of a text. */
  readonly encode: (text: string) => number[];
  /** The text in parts whose tokens, one after the other, are those of the whole. */
  readonly parts: (text: string) => readonly string[];
  /** The text with the space that the tokenizer itself puts before the first word of a text, if it does. */
  readonly begun: (text: string) => string;
  /** The length, in bytes, of the last word, white space or run of signs of a text. */
  readonly lastPieceBytes: (text: string) => number;
}
