import { isUtf8 } from "node:buffer";

const BYTE_ORDER_MARK = "\uFEFF";

/** A person's text file: its text as models and positions see it, and its bytes, of which an insertion changes none. */
export class TextFile {
  private constructor(
    /** With its own line ends, and without byte order mark. */
    private readonly original: string,
    private readonly mark: string,
    /** With LF, and without byte order mark. */
    readonly text: string,
  ) {}

  /** `null` where the bytes are not UTF-8: characters and columns of such a file cannot be told. */
  static parse(bytes: Buffer): TextFile | null {
    if (!isUtf8(bytes)) {
      return null;
    }
    const whole = bytes.toString("utf8");
    const mark = whole.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
    const original = whole.slice(mark.length);
    return new TextFile(original, mark, original.replaceAll("\r\n", "\n"));
  }

  /**
   * The file's bytes with a text inserted. Its line feeds become line ends like that of the line that it is inserted into,
   * or, on the last line, like the one before.
   *
   * @param offset in UTF-16 units of `text`
   */
  withInsertion(offset: number, inserted: string): Buffer {
    const at = this.originalOffset(offset);
    const spelled = inserted.replaceAll("\n", this.lineEndAt(at));
    return Buffer.from(
      `${this.mark}${this.original.slice(0, at)}${spelled}${this.original.slice(at)}`,
      "utf8",
    );
  }

  /** Where a place in `text` lies in the original; a place before a line end lies before all of it. */
  private originalOffset(offset: number): number {
    const lineFeeds = this.text.slice(0, offset).split("\n").length - 1;
    let at = offset;
    for (let line = 0, end = -1; line < lineFeeds; line += 1) {
      end = this.original.indexOf("\n", end + 1);
      at += this.original[end - 1] === "\r" ? 1 : 0;
    }
    return at;
  }

  private lineEndAt(at: number): "\n" | "\r\n" {
    const after = this.original.indexOf("\n", at);
    const end = after === -1 ? this.original.lastIndexOf("\n", at) : after;
    return this.original[end - 1] === "\r" ? "\r\n" : "\n";
  }
}
