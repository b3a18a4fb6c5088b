/** What no escape in a regular expression may stand for, as the language has it. */
const LINE_ENDS = "\n\r\u2028\u2029";

/** Tells which slashes of a text begin a regular expression that ends on its line. Each line is looked at once. */
export class RegexLiterals {
  private from = 0;
  /** By offset behind `from`: whether a slash follows that ends the expression which goes on there. */
  private isClosed = new Uint8Array(0);
  /** UTF-16 code units that were looked at so far. */
  looked = 0;

  constructor(private readonly text: string) {}

  /** @param at the offset of a slash, which is never smaller than the one before */
  beginsAt(at: number): boolean {
    const next = this.text.charAt(at + 1);
    if (next === "/" || next === "*") {
      return false;
    }
    if (at + 1 >= this.from + this.isClosed.length) {
      this.lookAtLine(at + 1);
    }
    return this.isClosed[at + 1 - this.from] === 1;
  }

  /** From a line's end to an offset, so that each answer rests on those behind it. */
  private lookAtLine(from: number): void {
    const newline = this.text.indexOf("\n", from);
    const length = (newline < 0 ? this.text.length : newline) - from;
    const isClosed = new Uint8Array(length + 1);
    // The same within brackets, where a slash ends nothing.
    const isClosedInClass = new Uint8Array(length + 1);
    for (let index = length - 1; index >= 0; index -= 1) {
      const sign = this.text.charAt(from + index);
      const isEscape = sign === "\\";
      const next =
        isEscape && LINE_ENDS.includes(this.text.charAt(from + index + 1))
          ? length
          : index + 1 + Number(isEscape);
      const outside = isClosed[next] ?? 0;
      const inside = isClosedInClass[next] ?? 0;
      isClosed[index] = sign === "/" ? 1 : sign === "[" ? inside : outside;
      isClosedInClass[index] = sign === "]" ? outside : inside;
    }
    this.from = from;
    this.isClosed = isClosed;
    this.looked += length;
  }
}
