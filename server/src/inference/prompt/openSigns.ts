import { escaped, type Lexicon, type TextRule } from "./lexicons";
import { type LineBeginning, LineBeginnings } from "./lineBeginnings";
import { RegexLiterals } from "./regexLiterals";

/** A bracket, or the beginning of a comment or string, that is open at a place in a text. */
interface OpenSign {
  /** A bracket, or what began the text. */
  readonly sign: string;
  /** `null` for a bracket. */
  readonly text: TextRule | null;
  readonly at: number;
  /** How its line begins; `null` for a comment or string, and where indentation tells nothing. */
  readonly line: LineBeginning | null;
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

/** A bracket that is open at a place in a text. */
export type OpenBracket = Pick<OpenSign, "at" | "line">;

/** What reading a part of a text needs of the whole. */
interface Reading {
  readonly text: string;
  /** `null` where indentation tells nothing. */
  readonly lines: LineBeginnings | null;
  readonly regexes: RegexLiterals;
  readonly onSign: ((at: number) => void) | undefined;
}

/**
 * Reads a text by lexical rules alone, and knows at its end which brackets, comments and strings are open. Behind two texts after
 * which the same are open, whatever follows is read alike: nothing in it becomes code or text, and its brackets pair as they did.
 */
export class OpenSigns {
  private innermost: OpenSign | null = null;
  private closedInVain = 0;
  private brokenTexts = 0;
  private lookedAt = 0;

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

  /** Whether the same is open here, and of a comment or string begins at the same place. */
  hasSameOpen(other: OpenSigns): boolean {
    let [one, another] = [this.innermost, other.innermost];
    while (one !== another) {
      if (one === null || another === null || one.sign !== another.sign || one.text !== another.text) {
        return false;
      }
      if (one.text !== null && one.at !== another.at) {
        return false;
      }
      [one, another] = [one.outer, another.outer];
    }
    return true;
  }

  /** UTF-16 code units that were looked at so far, as a measure of work. */
  get looked(): number {
    return this.lookedAt;
  }

  /** What has paired with nothing so far, and never will. */
  get unpaired(): UnpairedCounts {
    return { texts: this.brokenTexts, brackets: this.closedInVain };
  }

  /** The text ends in a comment that goes as far as its line. */
  get isInLineComment(): boolean {
    return this.innermost?.text?.ends === null;
  }

  /** The brackets that are open, and where comments and strings of several lines begin that are; innermost first. */
  get openAt(): { readonly brackets: readonly OpenBracket[]; readonly texts: readonly number[] } {
    const brackets: OpenBracket[] = [];
    const texts: number[] = [];
    for (let sign = this.innermost; sign !== null; sign = sign.outer) {
      if (sign.text === null) {
        brackets.push(sign);
      } else if (sign.text.spansLines) {
        texts.push(sign.at);
      }
    }
    return { brackets, texts };
  }

  /**
   * Goes on with a part of a text. However much is open, and however long its lines are, each character is looked at a few times.
   *
   * @param from where the part begins in `text`, which is where a line begins
   * @param to where it ends; what stands behind is looked at where a sign has several characters
   * @param onSign told where each sign begins
   */
  read(text: string, from: number, to: number, onSign?: (at: number) => void): this {
    const lines = this.byIndentation ? new LineBeginnings(text, from) : null;
    const regexes = new RegexLiterals(text);
    const reading = { text, lines, regexes, onSign };
    let at = from;
    while (at < to) {
      const top = this.innermost;
      at = top?.text == null ? this.readCode(reading, at, to) : this.readText(reading, at, to, top, top.text);
    }
    this.lookedAt += Math.max(0, at - from) + regexes.looked + (lines?.looked ?? 0);
    return this;
  }

  /** Reads code up to its next sign, and returns where to go on. */
  private readCode(reading: Reading, from: number, to: number): number {
    const { text, lines, onSign } = reading;
    const match = nextIn(text, patternInCode(this.lexicon), from);
    if (match === null || match.index >= to) {
      return Math.max(to, match?.index ?? text.length);
    }
    const { index: at } = match;
    const [sign] = match;
    const behind = at + sign.length;
    if (sign === "\\") {
      return at + 2;
    }
    if (sign === "(" || sign === "[" || sign === "{") {
      onSign?.(at);
      this.open(sign, at, lines);
      return behind;
    }
    if (sign === ")" || sign === "]" || sign === "}") {
      onSign?.(at);
      this.close(sign, at, lines);
      return behind;
    }
    const rule =
      sign === "/" ? regexAt(reading, at) : this.lexicon.texts.find((rule) => beginsAt(rule, text, at));
    if (rule != null) {
      onSign?.(at);
      this.innermost = { sign, text: rule, at, line: null, outer: this.innermost };
    }
    return behind;
  }

  /** Reads a comment or string up to what matters next in it, and returns where to go on. */
  private readText(reading: Reading, from: number, to: number, top: OpenSign, rule: TextRule): number {
    const { text, lines, onSign } = reading;
    const ends = rule.ends?.(top.sign) ?? null;
    if (ends !== null && holdsNothingElse(rule)) {
      const at = text.indexOf(ends, from);
      if (at < 0 || at >= to) {
        return Math.max(to, at < 0 ? text.length : at);
      }
      onSign?.(at);
      this.innermost = top.outer;
      return at + ends.length;
    }
    const match = nextIn(text, patternInText(rule, ends), from);
    if (match === null || match.index >= to) {
      return Math.max(to, match?.index ?? text.length);
    }
    const { index: at, groups } = match;
    const [sign] = match;
    if (groups?.code !== undefined) {
      onSign?.(at);
      this.open(sign.endsWith("(") ? "(" : "{", at, lines);
    } else if (groups?.misplaced !== undefined) {
      this.brokenTexts += 1;
    } else if (groups?.end !== undefined || sign === "\n") {
      onSign?.(at);
      this.innermost = top.outer;
      this.brokenTexts += Number(sign === "\n" && ends !== null);
    }
    return at + sign.length;
  }

  private open(sign: string, at: number, lines: LineBeginnings | null): void {
    this.innermost = { sign, text: null, at, line: lines?.around(at) ?? null, outer: this.innermost };
  }

  private close(sign: string, at: number, lines: LineBeginnings | null): void {
    const line = lines?.around(at);
    const closer = line?.visibleAt === at ? line.indentation : null;
    for (;;) {
      const top = this.innermost;
      if (top === null || top.sign !== CLOSES[sign]) {
        break;
      }
      if (closer === null || top.line === null) {
        this.innermost = top.outer;
        return;
      }
      if (closer > top.line.behindOperator) {
        break;
      }
      this.innermost = top.outer;
      if (closer >= top.line.indentation) {
        return;
      }
      // It stands further out: what was open here is closed by nothing.
      this.closedInVain += 1;
    }
    this.closedInVain += 1;
  }
}

function regexAt({ text, regexes }: Reading, at: number): TextRule | null {
  return BEFORE_REGEX.test(text.slice(Math.max(0, at - 16), at)) && regexes.endOf(at) !== null ? REGEX : null;
}

function nextIn(text: string, pattern: RegExp, from: number): RegExpExecArray | null {
  pattern.lastIndex = from;
  return pattern.exec(text);
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

/** Nothing matters in it but what ends it. */
function holdsNothingElse({ passes, code, misplaced, spansLines }: TextRule): boolean {
  return spansLines && passes === undefined && code === undefined && misplaced === undefined;
}

const inText = new WeakMap<TextRule, Map<string | null, RegExp>>();

/** The next thing in a text that matters: what is passed over, its end, code within it, a line's end. */
function patternInText(rule: TextRule, ends: string | null): RegExp {
  const ofRule = inText.get(rule) ?? new Map<string | null, RegExp>();
  inText.set(rule, ofRule);
  const found = ofRule.get(ends);
  if (found !== undefined) {
    return found;
  }
  const parts = [
    ...(rule.code === undefined ? [] : [`(?<code>${rule.code})`]),
    ...(rule.passes === undefined ? [] : [rule.passes]),
    ...(ends === null ? [] : [`(?<end>${escaped(ends)})`]),
    ...(rule.misplaced === undefined ? [] : [`(?<misplaced>${rule.misplaced})`]),
    ...(rule.spansLines ? [] : ["\\n"]),
  ];
  const pattern = new RegExp(parts.join("|"), "gu");
  ofRule.set(ends, pattern);
  return pattern;
}

const beginnings = new WeakMap<TextRule, RegExp>();

function beginsAt(rule: TextRule, text: string, at: number): boolean {
  const pattern = beginnings.get(rule) ?? new RegExp(rule.begins, "uy");
  beginnings.set(rule, pattern);
  pattern.lastIndex = at;
  return pattern.test(text);
}
