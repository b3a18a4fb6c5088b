import type { TokenizerFile } from "../../models/files/tokenizerFile";
import type { ControlRole, ControlTokens } from "../../models/pin/controlTokens";
import { type PinnedPrompt, type PromptFamily, promptFamily } from "../../models/pin/promptFamilies";
import { byteLevelCodec, isByteLevel } from "./byteLevel";
import { EncodingMemo } from "./encodingMemo";
import { isSentencePiece, sentencePieceCodec } from "./sentencePiece";
import type { TextCodec } from "./textCodec";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const EMPTY = new Uint8Array(0);

/** The pinned tokenizer. Text and control tokens never mix: text cannot become a control token. */
export class Tokenizer {
  /** Every token that never comes from text. */
  readonly controlIds: ReadonlySet<number>;
  readonly family: PromptFamily;
  /** The control tokens that the pin states. */
  readonly control: ControlTokens;
  /** The control tokens that end an answer; end of text, or what stands for it in the family, first. */
  readonly ends: readonly number[];
  private readonly codec: TextCodec;
  private readonly memo: EncodingMemo;
  /** By id: 1 where a token writes something or ends the answer. */
  readonly usable: Uint8Array;
  /** By id; control tokens and ids without a token have none. */
  private readonly bytes: readonly (Uint8Array | undefined)[];

  /**
   * @param file the parsed `tokenizer.json`
   * @param prompt the family and control tokens that the pin states
   * @throws Error when file and pin disagree, or when the tokenizer cannot spell every text exactly
   */
  constructor(file: TokenizerFile, prompt: PinnedPrompt) {
    this.family = promptFamily(prompt.family);
    this.control = prompt.controlTokens;
    const stated = Object.values(this.control).filter((token) => token !== undefined);
    for (const { text, id } of stated) {
      if (!file.added_tokens.some((token) => token.id === id && token.content === text)) {
        throw new Error(`the tokenizer has no control token ${text} with id ${id}`);
      }
    }
    const statedIds = new Set(stated.map(({ id }) => id));
    this.ends = this.family.ends.flatMap((role) => this.control[role]?.id ?? []);
    this.controlIds = new Set(
      file.added_tokens
        .filter((token) => statedIds.has(token.id) || !isTextToken(token, file))
        .map(({ id }) => id),
    );
    const vocabulary = new Map<string, number>();
    for (const [token, id] of Object.entries(file.model.vocab)) {
      if (!this.controlIds.has(id) && token !== file.model.unk_token) {
        vocabulary.set(token, id);
      }
    }
    this.codec = codecOf(file, vocabulary);
    this.memo = new EncodingMemo(
      (part) => this.encodePart(part),
      (text) => this.codec.parts(text),
    );
    const bytes: (Uint8Array | undefined)[] = [];
    for (const [token, id] of vocabulary) {
      bytes[id] = this.codec.bytesOf(token);
    }
    this.bytes = bytes;
    this.usable = new Uint8Array(Math.max(bytes.length, ...this.ends.map((id) => id + 1)));
    for (const [id, spelled] of bytes.entries()) {
      if (spelled?.length) {
        this.usable[id] = 1;
      }
    }
    for (const id of this.ends) {
      this.usable[id] = 1;
    }
  }

  /** The id of a control token that the family needs. */
  idOf(role: ControlRole): number {
    const token = this.control[role];
    if (token === undefined) {
      throw new Error(`the pin states no control token ${role}`);
    }
    return token.id;
  }

  /** The token ids of a text. Whatever it spells, none of them is a control token, and they spell it exactly. */
  encode(text: string): number[] {
    return text === "" ? [] : this.memo.encode(text);
  }

  private encodePart(text: string): number[] {
    const ids = this.codec.encode(text);
    if (!Buffer.concat(ids.map((id) => this.bytesOf(id))).equals(Buffer.from(text))) {
      throw new Error("the tokenizer does not spell a text exactly");
    }
    return ids;
  }

  /** The token ids of a text that begins a document, where some tokenizers see a space that is not there. */
  encodeStart(text: string): number[] {
    return this.encode(this.codec.begun(text));
  }

  /** How many tokens at the end of `ids` belong to the last word, white space or run of signs of `text`. */
  lastPieceLength(text: string, ids: readonly number[]): number {
    let remaining = this.codec.lastPieceBytes(text);
    let count = 0;
    while (remaining > 0 && count < ids.length) {
      count += 1;
      remaining -= this.bytesOf(ids[ids.length - count] ?? -1).length;
    }
    return count;
  }

  /** The bytes of a token of text; empty for control tokens and ids that do not exist. */
  bytesOf(id: number): Uint8Array {
    return this.bytes[id] ?? EMPTY;
  }

  /** Decodes tokens to text; bytes that are not UTF-8 (a character cut in two) become U+FFFD. */
  decode(ids: readonly number[]): string {
    return utf8.decode(Buffer.concat(ids.map((id) => this.bytesOf(id))));
  }
}

/** Gemma lists its runs of white space among the added tokens; all other added tokens are kept from text. */
function isTextToken(token: TokenizerFile["added_tokens"][number], file: TokenizerFile): boolean {
  return (
    token.special !== true &&
    file.model.vocab[token.content] === token.id &&
    /^[\u2581\s]+$/.test(token.content)
  );
}

function codecOf(file: TokenizerFile, vocabulary: ReadonlyMap<string, number>): TextCodec {
  if (isByteLevel(file)) {
    return byteLevelCodec(file, vocabulary);
  }
  if (isSentencePiece(file)) {
    return sentencePieceCodec(file, vocabulary);
  }
  throw new Error("its tokenizer is neither byte-level BPE nor SentencePiece BPE");
}
