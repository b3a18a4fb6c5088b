import type { Tokenizer } from "../tokenizer/tokenizer";
import { BREAK, type PromptLookup } from "./promptLookup";

/** Text is encoded in pieces of whole lines of about this many UTF-16 code units, which take some milliseconds each. */
const PIECE_CHARACTERS = 2000;

/** Feeds a drafter with texts to look up, piece by piece, while the worker is otherwise idle. */
export class LookupIntake {
  /** Of each text, what is not encoded yet. */
  private waiting: string[][] = [];
  private tokens: number[] = [];

  constructor(
    private readonly tokenizer: Pick<Tokenizer, "encode">,
    private readonly lookup: Pick<PromptLookup, "know">,
  ) {}

  /** Starts over with other texts; the drafter keeps the earlier ones until these have been read. */
  replace(texts: readonly string[]): void {
    this.waiting = texts.map((text) => piecesOf(text.toWellFormed()));
    this.tokens = [];
  }

  /** Reads one more piece. Returns `false` when there was none. */
  step(): boolean {
    const [first] = this.waiting;
    if (first === undefined) {
      return false;
    }
    const piece = first.shift();
    if (piece !== undefined) {
      this.tokens.push(...this.tokenizer.encode(piece));
    }
    if (first.length > 0) {
      return true;
    }
    this.tokens.push(BREAK);
    this.waiting.shift();
    if (this.waiting.length === 0) {
      this.lookup.know(Int32Array.from(this.tokens));
    }
    return true;
  }
}

function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start + PIECE_CHARACTERS);
    const end = newline < 0 ? text.length : newline;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
