/** Words after which an expression begins, so that a slash begins a regular expression. */
export const BEFORE_EXPRESSION: ReadonlySet<string> = new Set(
  "return typeof case in of delete void instanceof new throw do else extends default".split(" "),
);

/** Names to some, and words that an expression follows to others. */
export const SOMETIMES_NAMES: ReadonlySet<string> = new Set(
  "yield await using abstract async of get set static let type declare readonly override accessor as is infer satisfies".split(
    " ",
  ),
);

/**
 * Tells whether a slash may be a division to the grammar and begin a regular expression to a compiler, or the other way round, where
 * that changes what is text. The grammar never ends a statement before a slash, and takes some words for names that are none.
 *
 * Told of every token in reading order, and asked about each before it is passed, it takes time linear in the text, however many
 * slashes stand on one line.
 */
export class Slashes {
  /** The first line end, and the first of what begins text, at or after the slash that was last asked about. */
  private lineEnd = -1;
  private opening = -1;
  /** The token that was passed last, comments aside. */
  private last = { start: 0, end: 0 };

  constructor(private readonly text: string) {}

  /** A token, no comment, ends here. */
  passed(start: number, end: number): void {
    if (start < end) {
      this.last = { start, end };
    }
  }

  isDoubtful(nodeType: string, start: number, end: number): boolean {
    if (nodeType !== "/" && nodeType !== "/=" && nodeType !== "regex") {
      return false;
    }
    const { text, last } = this;
    // Words that matter are short.
    const word = last.end - last.start > LONGEST_WORD ? "" : text.slice(last.start, last.end).trim();
    const ending = text.slice(last.start, last.end).trimEnd().at(-1) ?? "";
    if (nodeType === "regex") {
      const isAfterValue = /[\w$)\]}'"`]/.test(ending) && !BEFORE_EXPRESSION.has(word);
      return isAfterValue && /[`'"]|\/\*|\/\//.test(text.slice(start + 1, end));
    }
    const beginsLine = last.end === 0 || /[\n\r\u2028\u2029]/.test(text.slice(last.end, start));
    return beginsLine || ((/[}>]/.test(ending) || SOMETIMES_NAMES.has(word)) && this.opensOnLine(end));
  }

  /** Whether a string, a template or a comment may begin between an offset and the end of its line. */
  private opensOnLine(from: number): boolean {
    if (this.lineEnd < from) {
      this.lineEnd = endOr(this.text, this.text.indexOf("\n", from));
    }
    if (this.opening < from) {
      OPENING.lastIndex = from;
      this.opening = endOr(this.text, OPENING.exec(this.text)?.index ?? -1);
    }
    return this.opening < this.lineEnd;
  }
}

/** At least as long as each of the words that are told apart. */
const LONGEST_WORD = 16;

const OPENING = /[`'"]|\/\*/g;

function endOr(text: string, index: number): number {
  return index === -1 ? text.length : index;
}
