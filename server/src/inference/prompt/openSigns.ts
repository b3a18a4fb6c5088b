import { indentationOf } from "./blockExtent";
import type { Lexicon, TextRule } from "./lexicons";

/** A bracket, or the beginning of a comment or string, that is open at a place in a text. */
interface OpenSign {
  /** A bracket, or what began the text. */
  readonly sign: string;
  /** `null` for a bracket. */
  readonly text: TextRule | null;
  readonly at: number;
  /** What is open around it. */
  readonly outer: OpenSign | null;
}

/** What pairs with nothing in a text. */
export interface UnpairedCounts {
  /** Comments and strings that do not end, that end with their line only, or that hold what never stands in them. */
  readonly texts: number;
  readonly brackets: number;
}

const CLOSES: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
const BEFORE_REGEX = /(?:^|=>|[({[=,:;!&|?+}\n]|\b(?:return|typeof|case|in|of))[^\S\n]*$/;
const REGEX: TextRule = {
  begins: "/",
  ends: () => "/",
  spansLines: false,
  passes: "\\\\.|\\[(?:\\\\.|[^\\]\\\\\\n])*\\]",
};
const REGEX_ON_LINE = /\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//y;

/**
 * Reads a text by lexical rules alone, and knows at its end which brackets, comments and strings are open. Behind two texts after
 * which the same are open, whatever follows is read alike: nothing in it becomes code or text, and its brackets pair as they did.
 */
export class OpenSigns {
  private innermost: OpenSign | null = null;
  private closedInVain = 0;
  private brokenTexts = 0;

  /**
   * @param byIndentation a bracket that begins a line closes only what was opened on a line that is indented alike, as in formatted
   *   code: so that a part of a text, too, shows which of its brackets lack the other one
   */
  constructor(
    private readonly lexicon: Lexicon,
    private readonly byIndentation = false,
  ) {}

  /** The same state, to go on from in another way. */
  copy(): OpenSigns {
    const copy = new OpenSigns(this.lexicon, this.byIndentation);
    copy.innermost = this.innermost;
    copy.closedInVain = this.closedInVain;
    copy.brokenTexts = this.brokenTexts;
    return copy;
  }

  /** Names what is open; of a comment or string, where it began as well. */
  get state(): string {
    return this.open.map(({ sign, text, at }) => (text === null ? sign : `${sign}${at}`)).join(" ");
  }

  /** What has paired with nothing so far, and never will. */
  get unpaired(): UnpairedCounts {
    return { texts: this.brokenTexts, brackets: this.closedInVain };
  }

  /** Innermost first. */
  private get open(): readonly OpenSign[] {
    const open: OpenSign[] = [];
    for (let sign = this.innermost; sign !== null; sign = sign.outer) {
      open.push(sign);
    }
    return open;
  }

  /** The text ends in a comment that goes as far as its line. */
  get isInLineComment(): boolean {
    return this.innermost?.text?.ends === null;
  }

  /** Where the brackets, and the comments and strings of several lines, begin that are open. */
  get openAt(): { readonly brackets: readonly number[]; readonly texts: readonly number[] } {
    const placesOf = (isWanted: (text: TextRule | null) => boolean): number[] =>
      this.open.filter(({ text }) => isWanted(text)).map(({ at }) => at);
    return {
      brackets: placesOf((text) => text === null),
      texts: placesOf((text) => text?.spansLines === true),
    };
  }

  /**
   * Goes on with a part of a text.
   *
   * @param from where the part begins in `text`
   * @param to where it ends; what stands behind is looked at where a sign has several characters
   * @param onSign told where each sign begins
   */
  read(text: string, from: number, to: number, onSign?: (at: number) => void): this {
    const code = patternInCode(this.lexicon);
    for (let at = from; at < to; ) {
      const top = this.innermost;
      const pattern = top?.text == null ? code : patternInText(top.text, top.sign);
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match === null || match.index >= to) {
        break;
      }
      const { index } = match;
      const [sign] = match;
      at = index + Math.max(1, sign.length);
      if (top?.text == null) {
        at = this.readInCode(text, index, sign, onSign) ?? at;
      } else if (match.groups?.code !== undefined) {
        onSign?.(index);
        this.push(sign.endsWith("(") ? "(" : "{", null, index);
      } else if (match.groups?.misplaced !== undefined) {
        this.brokenTexts += 1;
      } else if (match.groups?.end !== undefined || sign === "\n") {
        onSign?.(index);
        this.innermost = top.outer;
        this.brokenTexts += Number(sign === "\n" && top.text.ends !== null);
      }
    }
    return this;
  }

  /** Returns where to go on, where that is not right behind the sign. */
  private readInCode(text: string, at: number, sign: string, onSign?: (at: number) => void): number | null {
    if (sign === "\\") {
      return at + 2;
    }
    if (sign === "(" || sign === "[" || sign === "{") {
      onSign?.(at);
      this.push(sign, null, at);
      return null;
    }
    if (sign === ")" || sign === "]" || sign === "}") {
      onSign?.(at);
      this.close(text, at, sign);
      return null;
    }
    if (sign === "/") {
      REGEX_ON_LINE.lastIndex = at;
      if (BEFORE_REGEX.test(text.slice(Math.max(0, at - 16), at)) && REGEX_ON_LINE.test(text)) {
        onSign?.(at);
        this.push(sign, REGEX, at);
      }
      return null;
    }
    const rule = this.lexicon.texts.find((rule) => beginsAt(rule, text, at));
    if (rule !== undefined) {
      onSign?.(at);
      this.push(sign, rule, at);
    }
    return null;
  }

  private push(sign: string, text: TextRule | null, at: number): void {
    this.innermost = { sign, text, at, outer: this.innermost };
  }

  private close(text: string, at: number, sign: string): void {
    const closer = this.byIndentation ? indentationOfBeginning(text, at) : null;
    for (;;) {
      const top = this.innermost;
      if (top === null || top.sign !== CLOSES[sign]) {
        break;
      }
      if (closer === null) {
        this.innermost = top.outer;
        return;
      }
      const opener = lineAround(text, top.at);
      if (closer > indentationOf(opener.replace(OPERATOR, (operator) => " ".repeat(operator.length)))) {
        break;
      }
      this.innermost = top.outer;
      if (closer >= indentationOf(opener)) {
        return;
      }
      // It stands further out: what was open here is closed by nothing.
      this.closedInVain += 1;
    }
    this.closedInVain += 1;
  }
}

/** What a line may go on with, as `: call(`, whose bracket closes below the word. */
const OPERATOR = /(?<=^\s*)[?:|&+*/.-]+(?=\s)/;

/** The beginning of the line around an offset. */
function lineAround(text: string, at: number): string {
  return text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
}

/** The indentation of the line that begins with what stands at an offset; `null` where something stands before it. */
function indentationOfBeginning(text: string, at: number): number | null {
  const before = lineAround(text, at);
  return before.trim() === "" ? indentationOf(before) : null;
}

const inCode = new WeakMap<Lexicon, RegExp>();

/** The next sign in code. */
function patternInCode(lexicon: Lexicon): RegExp {
  const found = inCode.get(lexicon);
  if (found !== undefined) {
    return found;
  }
  const begins = lexicon.texts.map(({ begins }) => `(?:${begins})`);
  const signs = [...begins, "\\\\", "[()\\[\\]{}]", ...(lexicon.hasRegex ? ["/"] : [])];
  const pattern = new RegExp(signs.join("|"), "gu");
  inCode.set(lexicon, pattern);
  return pattern;
}

const inText = new WeakMap<TextRule, Map<string, RegExp>>();

/** The next thing in a text that matters: what is passed over, its end, code within it, a line's end. */
function patternInText(rule: TextRule, opener: string): RegExp {
  const ofRule = inText.get(rule) ?? new Map<string, RegExp>();
  inText.set(rule, ofRule);
  const found = ofRule.get(opener);
  if (found !== undefined) {
    return found;
  }
  const parts = [
    ...(rule.code === undefined ? [] : [`(?<code>${rule.code})`]),
    ...(rule.passes === undefined ? [] : [rule.passes]),
    ...(rule.ends === null ? [] : [`(?<end>${rule.ends(opener)})`]),
    ...(rule.misplaced === undefined ? [] : [`(?<misplaced>${rule.misplaced})`]),
    ...(rule.spansLines ? [] : ["\\n"]),
  ];
  const pattern = new RegExp(parts.join("|"), "gu");
  // Raw strings may begin in any number of ways.
  if (ofRule.size >= MOST_OPENERS) {
    ofRule.clear();
  }
  ofRule.set(opener, pattern);
  return pattern;
}

const MOST_OPENERS = 100;

const beginnings = new WeakMap<TextRule, RegExp>();

function beginsAt(rule: TextRule, text: string, at: number): boolean {
  const pattern = beginnings.get(rule) ?? new RegExp(rule.begins, "uy");
  beginnings.set(rule, pattern);
  pattern.lastIndex = at;
  return pattern.test(text);
}
