import type { Cursor } from "./cursors";

/** An answer; an empty text is none. */
export interface Suggestion {
  /** All of it, as one gets it who asks. */
  readonly text: string;
  /** The part that is shown to somebody who did not ask: what its maker is sure of. */
  readonly shown: string;
}

/** Something that completes code: the model, or what it is compared with. */
export interface Suggester {
  readonly name: string;
  /** @param gate joint probability below which nothing is shown to somebody who did not ask */
  suggest(cursor: Cursor, gate: number): Promise<Suggestion>;
  /** Bits that the author's text costs under its probabilities, or null where it has none. */
  bits(cursor: Cursor): Promise<number | null>;
}
