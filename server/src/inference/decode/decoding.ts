import { endOfBlock } from "../prompt/blockExtent";
import type { CursorContext } from "../prompt/cursorContext";
import type { HealedPrompt } from "../prompt/heal";
import type { StopReason } from "../suggestion";
import type { Tokenizer } from "../tokenizer/tokenizer";
import { endsInTokenLoop, repeatedLinesIn } from "./repetition";

/** `line`: ends with the line. `block`: ends where the cursor's block does. */
export type Extent = "line" | "block";

/** The model may not give up before it has written this many blank tokens. */
const MAX_BLANK_TOKENS = 4;

/** Ends the answer at its first doubtful token: below this joint probability. 0 never doubts. */
export type ConfidenceGate = number;

/**
 * The decoder's rules, one token at a time: which tokens may come next, and when to stop. They rest on the prompt
 * and on the tokens so far only, never on who asked, so generation and replay share them.
 *
 * - Control tokens never come, except those which end the answer.
 * - While healed text remains, a token must agree with its bytes.
 * - Until something other than white space came (but for at most four tokens), end of text may not come; nor may a
 *   line break where text follows the cursor on its line.
 */
export class Decoding {
  readonly tokens: number[] = [];
  private readonly limit: number;
  private readonly healed: Uint8Array;
  /** What was generated after the healed text. */
  private bytes = new Uint8Array(0);
  private generated = 0;
  private blank = true;
  private freeTokens = 0;
  private joint = 1;

  constructor(
    readonly tokenizer: Tokenizer,
    prompt: HealedPrompt,
    readonly cursor: CursorContext,
    readonly extent: Extent,
    maxTokens: number,
    readonly gate: ConfidenceGate,
  ) {
    this.healed = new TextEncoder().encode(prompt.healed);
    this.limit = maxTokens + prompt.healedTokens;
  }

  /** True when the rules let `id` come next. */
  allows(id: number): boolean {
    const { tokenizer } = this;
    if (tokenizer.ends.includes(id)) {
      return this.mayEnd();
    }
    if (!this.isAlternative(id)) {
      return false;
    }
    if (!this.cursor.textFollows || !this.blank) {
      return true;
    }
    return !breaksLineFirst(tokenizer.bytesOf(id), Math.max(0, this.healed.length - this.generated));
  }

  /** True when all healed text is out: any token that writes something or ends the answer is an alternative. */
  get isFree(): boolean {
    return this.generated >= this.healed.length;
  }

  /** True when only the rules against blank answers could keep `id` from coming next. */
  isAlternative(id: number): boolean {
    const owed = this.healed.length - this.generated;
    if (this.tokenizer.ends.includes(id)) {
      return owed <= 0;
    }
    const bytes = this.tokenizer.bytesOf(id);
    if (bytes.length === 0) {
      return false;
    }
    for (let index = 0; index < Math.min(owed, bytes.length); index++) {
      if (bytes[index] !== this.healed[this.generated + index]) {
        return false;
      }
    }
    return true;
  }

  private mayEnd(): boolean {
    if (this.generated < this.healed.length) {
      return false;
    }
    return !this.blank || this.freeTokens >= MAX_BLANK_TOKENS;
  }

  /** The joint probability of the tokens that wrote anything beyond the healed text. */
  get certainty(): number {
    return this.joint;
  }

  /** Takes the next token, with its probability, and says whether the answer ends with it. */
  push(id: number, probability: number): StopReason | null {
    const bytes = this.tokenizer.bytesOf(id);
    this.tokens.push(id);
    const owed = Math.max(0, this.healed.length - this.generated);
    this.generated += bytes.length;
    if (owed < bytes.length) {
      const free = bytes.subarray(owed);
      this.bytes = Buffer.concat([this.bytes, free]);
      this.freeTokens += 1;
      this.joint *= probability;
      this.blank &&= free.every(isBlank);
    }
    return this.stop();
  }

  private stop(): StopReason | null {
    if (this.joint < this.gate) {
      return "doubt";
    }
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.bytes);
    switch (this.extent) {
      case "line":
        if (text.trimStart().includes("\n")) {
          return "line";
        }
        break;
      case "block":
        if (this.leftBlock(text)) {
          return "block";
        }
        break;
    }
    if (endsInTokenLoop(this.tokens) || repeatedLinesIn(wholeLines(text)) !== null) {
      return "repetition";
    }
    return this.tokens.length >= this.limit ? "length" : null;
  }

  private leftBlock(text: string): boolean {
    const { block, lineBefore, unclosed } = this.cursor;
    if (block === null) {
      return false;
    }
    // The line that closes the block is wanted whole.
    return endOfBlock(text, lineBefore, block, unclosed)?.certain ?? false;
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** True when a line break stands before anything visible in the bytes from `start` on. */
function breaksLineFirst(bytes: Uint8Array, start: number): boolean {
  for (let index = start; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === 0x0a) {
      return true;
    }
    if (!isBlank(byte)) {
      return false;
    }
  }
  return false;
}

/** The lines that a line break ends. */
function wholeLines(text: string): string[] {
  return text.split("\n").slice(0, -1);
}
