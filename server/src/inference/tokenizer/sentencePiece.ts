import { Tokenizer as Library } from "@huggingface/tokenizers";
import {
  neverInText,
  stepsOf,
  type TokenizerFile,
  type TokenizerStep,
} from "../../models/files/tokenizerFile";
import type { TextCodec } from "./textCodec";

/** Stands for a space in tokens. */
const META = "\u2581";
const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;

export function isSentencePiece(file: TokenizerFile): boolean {
  const steps = [file.normalizer, file.pre_tokenizer, file.decoder].flatMap(stepsOf);
  return steps.some((step) => step.type === "Metaspace" || marksSpaces(step));
}

/**
 * SentencePiece BPE as `tokenizer.json` spells it (Llama, CodeLlama, Mistral, Gemma): a space is `▁`, and what the
 * vocabulary lacks is spelled in tokens of one byte, `<0x0A>`. A `▁` of the text itself is spelled in bytes.
 *
 * @param vocabulary the tokens that text may become
 * @throws Error for a tokenizer that cannot spell every text exactly
 */
export function sentencePieceCodec(file: TokenizerFile, vocabulary: ReadonlyMap<string, number>): TextCodec {
  const known = (step: TokenizerStep): boolean => marksSpaces(step) || isPrepend(step) || isMetaspace(step);
  const refused = [
    ...stepsOf(file.normalizer).filter((step) => !known(step)),
    ...stepsOf(file.pre_tokenizer).filter((step) => !known(step) && !splitsAtSpaces(step)),
  ].map(({ type }) => type);
  if (refused.length > 0) {
    throw new Error(`its tokenizer changes text (${refused.join(", ")})`);
  }
  if (file.model.byte_fallback !== true) {
    throw new Error("its tokenizer has no tokens for single bytes");
  }
  const byteIds = Array.from({ length: 256 }, (_, byte) => {
    const id = vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    if (id === undefined && !neverInText(byte)) {
      throw new Error(`its tokenizer cannot spell the byte ${byte}`);
    }
    return id ?? -1;
  });
  const library = new Library(
    {
      ...file,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
      model: { ...file.model, vocab: Object.fromEntries(vocabulary) },
    },
    {},
  );
  const parts = splitter(file.model.merges, stepsOf(file.pre_tokenizer).some(splitsWords));
  const metaBytes = [...Buffer.from(META)].map((byte) => byteIds[byte] ?? -1);
  const begins = [...stepsOf(file.normalizer), ...stepsOf(file.pre_tokenizer)];
  return {
    bytesOf: bytesOfToken,
    encode: (text) =>
      parts(text).flatMap((part) =>
        part === META
          ? metaBytes
          : library.encode(part.replaceAll(" ", META), { add_special_tokens: false }).ids,
      ),
    parts,
    begun: (text) => {
      if (text === "") {
        return text;
      }
      const again = begins.some(isPrepend) || (begins.some(prependsOnce) && !text.startsWith(" "));
      return again ? ` ${text}` : text;
    },
    lastPieceBytes: (text) => Buffer.byteLength(LAST_PIECE.exec(text)?.[0] ?? ""),
  };
}

/** There is no pre-tokenizer to ask: a word with the space before it, white space, or a run of signs. */
const LAST_PIECE = /(?:[^\S\n]?[\p{L}\p{N}_]+|\n+[^\S\n]*|[^\S\n]+|[^\s\p{L}\p{N}_]+)$/u;

/**
 * Cuts text into parts that BPE treats alike alone and together: where no merge joins what stands left and right of a
 * place, no token ever spans it. A whole document is one word to SentencePiece, and a slow one. A `▁` of the text
 * itself is a part of its own.
 */
function splitter(
  merges: TokenizerFile["model"]["merges"],
  words: boolean,
): (text: string) => readonly string[] {
  const joined = new Set<string>();
  for (const merge of merges) {
    const [left = "", right = ""] = typeof merge === "string" ? merge.split(" ", 2) : merge;
    joined.add(lastCharacter(left) + firstCharacter(right));
  }
  const isApart = (before: string, character: string): boolean =>
    character === META ||
    before === META ||
    (words && character === " ") ||
    !joined.has((before === " " ? META : before) + (character === " " ? META : character));
  return (text) => {
    const parts: string[] = [];
    let part = "";
    let before = "";
    for (const character of text) {
      if (part !== "" && isApart(before, character)) {
        parts.push(part);
        part = "";
      }
      part += character;
      before = character;
    }
    if (part !== "") {
      parts.push(part);
    }
    return parts;
  };
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0);
}

function lastCharacter(text: string): string {
  return text.isWellFormed() ? (/.$/su.exec(text)?.[0] ?? "") : text.slice(-1);
}

function isMetaspace(step: TokenizerStep): boolean {
  return step.type === "Metaspace" && (step.replacement ?? META) === META;
}

/** `Metaspace` cuts before each space unless it says otherwise. */
function splitsWords(step: TokenizerStep): boolean {
  return step.type === "Metaspace" && step.split !== false;
}

function prependsOnce(step: TokenizerStep): boolean {
  return step.type === "Metaspace" && step.prepend_scheme !== "never" && step.add_prefix_space !== false;
}

function isPrepend(step: TokenizerStep): boolean {
  return step.type === "Prepend" && step.prepend === META;
}

/** `Replace` of a space with `▁`. */
function marksSpaces(step: TokenizerStep): boolean {
  return step.type === "Replace" && step.content === META && isSpacePattern(step.pattern);
}

/** Gemma's pre-tokenizer: spaces are marked before it comes, so it finds none. */
function splitsAtSpaces(step: TokenizerStep): boolean {
  return step.type === "Split" && isSpacePattern(step.pattern);
}

function isSpacePattern(pattern: unknown): boolean {
  return typeof pattern === "object" && pattern !== null && "String" in pattern && pattern.String === " ";
}

function bytesOfToken(token: string): Uint8Array {
  const byte = BYTE_TOKEN.exec(token)?.[1];
  return byte === undefined
    ? new TextEncoder().encode(token.replaceAll(META, " "))
    : Uint8Array.of(Number.parseInt(byte, 16));
}
