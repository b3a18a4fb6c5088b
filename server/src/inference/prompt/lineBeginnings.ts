import { indentationOf } from "./blockExtent";

/** How a line begins. */
export interface LineBeginning {
  /** Where its first visible character stands; its end where it has none. */
  readonly visibleAt: number;
  /** In columns. */
  readonly indentation: number;
  /** The column behind an operator that it goes on with, as `: call(`, whose bracket closes below the word. */
  readonly behindOperator: number;
}

const BEGINNING = /([\t ]*)(?:([?:|&+*/.-]+)(?=\s)([\t ]*))?/y;
const BLANK = /[^\S\n]*/y;

/** Tells how the lines of a text begin, from the first to the last, and looks at each character once. */
export class LineBeginnings {
  private end = -1;
  private known: LineBeginning | null = null;
  /** UTF-16 code units that were looked at so far. */
  looked = 0;

  /** @param start where a line of the text begins */
  constructor(
    private readonly text: string,
    private start: number,
  ) {}

  /** @param at an offset, which is never smaller than the one before */
  around(at: number): LineBeginning {
    while (this.end < at) {
      if (this.end >= 0) {
        this.start = this.end + 1;
        this.known = null;
      }
      const newline = this.text.indexOf("\n", this.start);
      this.end = newline < 0 ? this.text.length : newline;
      this.looked += this.end + 1 - this.start;
    }
    if (this.known === null) {
      this.known = beginningOf(this.text, this.start);
      this.looked += this.known.visibleAt - this.start;
    }
    return this.known;
  }
}

function beginningOf(text: string, start: number): LineBeginning {
  BEGINNING.lastIndex = start;
  const [, before = "", operator = "", behind = ""] = BEGINNING.exec(text) ?? [];
  BLANK.lastIndex = start;
  BLANK.test(text);
  const indentation = indentationOf(before);
  return {
    visibleAt: BLANK.lastIndex,
    indentation,
    behindOperator: indentation + operator.length + indentationOf(behind),
  };
}
