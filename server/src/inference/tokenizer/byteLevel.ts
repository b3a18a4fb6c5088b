import { Tokenizer as Library } from "@huggingface/tokenizers";
import {
  neverInText,
  stepsOf,
  type TokenizerFile,
  type TokenizerStep,
} from "../../models/files/tokenizerFile";
import type { TextCodec } from "./textCodec";

/** Normalizers that change text which is not normalized already. Without them every text is spelled as it is. */
const UNICODE_NORMALIZERS = ["NFC", "NFD", "NFKC", "NFKD"];

export function isByteLevel(file: TokenizerFile): boolean {
  return stepsOf(file.pre_tokenizer).some(({ type }) => type === "ByteLevel");
}

/**
 * Byte-level BPE (GPT-2, Qwen2, StarCoder2, DeepSeek-Coder, Llama 3): text is split by patterns, and each byte of a
 * piece is one character of an alphabet.
 *
 * A Unicode normalizer is left out, so that text which is not normalized keeps its bytes.
 *
 * @param vocabulary the tokens that text may become
 * @throws Error for a tokenizer that cannot spell every text exactly
 */
export function byteLevelCodec(file: TokenizerFile, vocabulary: ReadonlyMap<string, number>): TextCodec {
  const refused = [
    ...stepsOf(file.normalizer).filter(({ type }) => !UNICODE_NORMALIZERS.includes(type)),
    ...stepsOf(file.decoder).filter(({ type }) => type !== "ByteLevel"),
  ].map(({ type }) => type);
  if (refused.length > 0) {
    throw new Error(`its tokenizer changes text (${refused.join(", ")})`);
  }
  for (const [character, byte] of BYTE_OF_CHARACTER) {
    if (!vocabulary.has(character) && !neverInText(byte)) {
      throw new Error(`its tokenizer cannot spell the byte ${byte}`);
    }
  }
  const library = new Library(
    {
      ...file,
      // Without added tokens the library has nothing to look for in text.
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: withoutLeadingSpace(file.pre_tokenizer),
      post_processor: null,
      model: { ...file.model, vocab: Object.fromEntries(vocabulary) },
    },
    {},
  );
  const encode = (text: string): number[] => library.encode(text, { add_special_tokens: false }).ids;
  const mayCut = String(CUT_PROBE.split(BETWEEN_WORDS).flatMap(encode)) === String(encode(CUT_PROBE));
  const parts = (text: string): string[] => (mayCut ? text.split(BETWEEN_WORDS) : [text]);
  return {
    bytesOf: bytesOfToken,
    encode,
    parts,
    begun: (text) => text,
    // The pre-tokenizer spells each byte as one character.
    lastPieceBytes: (text) => library.pre_tokenizer?.(parts(text).at(-1) ?? "").at(-1)?.length ?? 0,
  };
}

/**
 * Before a space between two words, the split patterns of all these tokenizers begin a piece, whatever stands around:
 * a word takes one space before it, and nothing looks back.
 */
const BETWEEN_WORDS = /(?<=[A-Za-z])(?= [A-Za-z])/;
/** Tells a tokenizer whose pattern is another kind. */
const CUT_PROBE =
  "if the value is not a number return early  x y\n  const user name = of the type of\tthing in it\n";

function withoutLeadingSpace(step: TokenizerStep | null | undefined): TokenizerStep {
  return {
    type: "Sequence",
    pretokenizers: stepsOf(step).map((one) =>
      one.type === "ByteLevel" ? { ...one, add_prefix_space: false } : one,
    ),
  };
}

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

/** The same by code unit; all of the alphabet are below U+0180. */
const BYTE_OF_UNIT = Array.from({ length: 0x180 }, (_, unit) =>
  BYTE_OF_CHARACTER.get(String.fromCharCode(unit)),
);

function bytesOfToken(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let index = 0; index < token.length; index++) {
    const byte = BYTE_OF_UNIT[token.charCodeAt(index)];
    if (byte === undefined) {
      throw new Error(`the token ${JSON.stringify(token)} is not spelled in bytes`);
    }
    bytes[index] = byte;
  }
  return bytes;
}
