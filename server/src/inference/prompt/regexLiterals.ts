/** What no escape in a regular expression may stand for, as the language has it. */
const LINE_ENDS = "\n\r\u2028\u2029";

/** Tells where the regular expressions of a text end that end on their line. Each line is looked at once, from the first to the last. */
export class RegexLiterals {
  private from = 0;
  /** By offset behind `from`: how far behind it the slash stands that ends an expression which goes on there; 0 where none does. */
  private ends = new Uint32Array(0);
  /** UTF-16 code units that were looked at so far. */
  looked = 0;

  constructor(private readonly text: string) {}

  /**
   * The offset of the slash that ends the regular expression which another slash begins; `null` where it begins none.
   *
   * @param at the offset of a slash, which is never smaller than the one before
   */
  endOf(at: number): number | null {
    const next = this.text.charAt(at + 1);
    if (next === "/" || next === "*") {
      return null;
    }
    if (at + 1 >= this.from + this.ends.length) {
      this.lookAtLine(at + 1);
    }
    const end = this.ends[at + 1 - this.from] ?? 0;
    return end === 0 ? null : this.from + end;
  }

  /** From a line's end to an offset, so that each answer rests on those behind it. */
  private lookAtLine(from: number): void {
    const newline = this.text.indexOf("\n", from);
    const length = (newline < 0 ? this.text.length : newline) - from;
    const ends = new Uint32Array(length + 1);
    // The same within brackets, where a slash ends nothing.
    const endsInClass = new Uint32Array(length + 1);
    for (let index = length - 1; index >= 0; index -= 1) {
      const sign = this.text.charAt(from + index);
      const next = sign === "\\" ? this.behindEscape(from, index, length) : index + 1;
      const outside = ends[next] ?? 0;
      const inside = endsInClass[next] ?? 0;
      ends[index] = sign === "/" ? index : sign === "[" ? inside : outside;
      endsInClass[index] = sign === "]" ? outside : inside;
    }
    this.from = from;
    this.ends = ends;
    this.looked += length;
  }

  /** Where nothing can be escaped, no expression goes on: as at the line's end. */
  private behindEscape(from: number, index: number, length: number): number {
    return LINE_ENDS.includes(this.text.charAt(from + index + 1)) ? length : index + 2;
  }
}
