import { RegexLiterals } from "./regexLiterals";

/** A bracket or quote, and its UTF-16 offset in the text. */
export interface BracketSign {
  readonly sign: string;
  readonly at: number;
}

/** The brackets and quotes of a text that pair with none inside it. */
export interface Unpaired {
  readonly closers: readonly BracketSign[];
  /** Outermost first; an open quote is the last one, an open `${` counts as a brace. */
  readonly openers: readonly BracketSign[];
  /** The text ends inside a comment. */
  readonly inComment: boolean;
}

const CLOSES: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
const STRING_PREFIX = /(?:^|[^\p{L}\p{N}_])[bBrRfFuU]{1,2}$/u;
const BEFORE_REGEX = /(?:^|=>|[({[=,:;!&|?+}\n]|\b(?:return|typeof|case|in|of))[^\S\n]*$/;

/**
 * Finds what a text leaves open and what it closes, by the text alone and without a parser: brackets in strings,
 * template literals, regular expressions and comments (`//`, `/* *\/`, `# `) do not count.
 *
 * @param before what stands before the text on its line: says whether it begins inside a string or comment. A bracket
 *   or quote that is opened there and closed in the text is one of its `closers`.
 */
export function unpairedIn(text: string, before = ""): Unpaired {
  const whole = before + text;
  const open: BracketSign[] = [];
  const closers: BracketSign[] = [];
  const regexes = new RegexLiterals(whole);
  const rests = new LineRests(whole);
  let inComment = false;
  const close = (at: number): void => {
    const opener = open.pop();
    if (at >= before.length && (opener === undefined || opener.at < before.length)) {
      closers.push({ sign: whole.charAt(at), at: at - before.length });
    }
  };
  for (let at = 0; at < whole.length; at++) {
    const sign = whole.charAt(at);
    const inside = open.at(-1)?.sign ?? "";
    if (isQuote(inside)) {
      if (sign === "\\") {
        at += 1;
      } else if (sign === inside) {
        close(at);
      } else if (sign === "\n" && inside !== "`") {
        open.pop();
      } else if (inside === "`" && whole.startsWith("${", at)) {
        at += 1;
        open.push({ sign: "{", at });
      }
      continue;
    }
    // As in code that stands in a template literal.
    if (sign === "\\") {
      at += 1;
      continue;
    }
    const comment = isDivision(whole, at, open.at(-1), rests) ? null : endOfComment(whole, at);
    if (comment !== null) {
      inComment = comment > whole.length;
      at = comment - 1;
    } else if (isQuote(sign)) {
      if (!isApostrophe(whole, at)) {
        open.push({ sign, at });
      }
    } else if (sign === "/" && BEFORE_REGEX.test(whole.slice(Math.max(0, at - 16), at))) {
      at = regexes.endOf(at) ?? at;
    } else if (/[([{]/.test(sign)) {
      open.push({ sign, at });
    } else if (sign in CLOSES) {
      if (inside === CLOSES[sign]) {
        close(at);
      } else if (at >= before.length) {
        closers.push({ sign, at: at - before.length });
      }
    }
  }
  const openers = open
    .filter(({ at }) => at >= before.length)
    .map(({ sign, at }) => ({ sign, at: at - before.length }));
  return { closers, openers, inComment };
}

/** `//` as Python divides: brackets that are open on the line are closed behind it. */
function isDivision(text: string, at: number, opener: BracketSign | undefined, rests: LineRests): boolean {
  return opener !== undefined && text.startsWith("//", at) && rests.closeMore(at, opener.at);
}

/** Tells what the rests of a text's lines close. Each line is looked at once, from the first to the last. */
class LineRests {
  private start = 0;
  private end = -1;
  /** By offset in the line: how many more brackets are opened than closed from there to its end. */
  private depths: Int32Array | null = null;

  constructor(private readonly text: string) {}

  /**
   * Whether more brackets are closed than opened from an offset to the end of its line.
   *
   * @param at never smaller than the one before
   * @param opener where a bracket stands before it, which must be on the same line
   */
  closeMore(at: number, opener: number): boolean {
    while (this.end < at) {
      this.start = this.end + 1;
      const newline = this.text.indexOf("\n", this.start);
      this.end = newline < 0 ? this.text.length : newline;
      this.depths = null;
    }
    if (opener < this.start) {
      return false;
    }
    this.depths ??= this.depthsOfLine();
    return (this.depths[at - this.start] ?? 0) < 0;
  }

  private depthsOfLine(): Int32Array {
    const length = this.end - this.start;
    const depths = new Int32Array(length + 1);
    for (let index = length - 1; index >= 0; index -= 1) {
      depths[index] = (depths[index + 1] ?? 0) + depthOf(this.text.charAt(this.start + index));
    }
    return depths;
  }
}

function depthOf(sign: string): number {
  if (/[([{]/.test(sign)) {
    return 1;
  }
  return sign in CLOSES ? -1 : 0;
}

/** Where the comment that begins at an offset ends, one past the text's end where it does not; null without one. */
function endOfComment(text: string, at: number): number | null {
  // Not as in a path of files, `src/*`.
  if (text.startsWith("/*", at) && !/[\p{L}\p{N}_.*-]/u.test(text.charAt(at - 1))) {
    const end = text.indexOf("*/", at + 2);
    return end < 0 ? text.length + 1 : end + 2;
  }
  const slashes = text.startsWith("//", at) && text.charAt(at - 1) !== ":";
  const hash = text.startsWith("# ", at) && !/\S/.test(text.charAt(at - 1));
  if (!slashes && !hash) {
    return null;
  }
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length + 1 : end;
}

export function isQuote(sign: string): boolean {
  return sign === '"' || sign === "'" || sign === "`";
}

/** The sign inside a word, as in `don't`, and not behind a string's prefix, as in `b'x'`. */
function isApostrophe(text: string, at: number): boolean {
  return (
    text.charAt(at) === "'" &&
    /^[\p{L}\p{N}]'\p{L}/u.test(text.slice(at - 1, at + 2)) &&
    !STRING_PREFIX.test(text.slice(Math.max(0, at - 3), at))
  );
}
