import type { Cursor } from "./cursors";

/** An answer, and how sure its maker is of it, from 0 to 1. An empty text is no answer. */
export interface Suggestion {
  readonly text: string;
  readonly confidence: number;
}

/** Something that completes code: the model, or what it is compared with. */
export interface Suggester {
  readonly name: string;
  suggest(cursor: Cursor): Promise<Suggestion>;
  /** Bits that the author's text costs under its probabilities, or null where it has none. */
  bits(cursor: Cursor): Promise<number | null>;
}
