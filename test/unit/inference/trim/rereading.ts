/**
 * The step as it was first written, in one file: it reads everything again for each try, and a line again for each of its brackets. What
 * the one in use decides is the same, in less time.
 */
import { indentationOf } from "../../../../server/src/inference/prompt/blockExtent";
import {
  escaped,
  type Lexicon,
  lexiconOf,
  type TextRule,
} from "../../../../server/src/inference/prompt/lexicons";
import type { Prompt } from "../../../../server/src/inference/suggestion";
import {
  all,
  before,
  NOTHING,
  type Range,
  type TrimContext,
} from "../../../../server/src/inference/trim/step";

/** So many places to end at are tried; an answer has fewer signs but where the model lost its way. */
const MOST_TRIES = 100;

/**
 * Ends before the bracket, quote or comment from which on what follows the cursor would pair with something else, or be commented
 * out. Of several lines only whole ones stay.
 */
export function cutRereading(text: string, { cursor }: TrimContext): Range {
  const harmless = new RereadingHarmless(cursor.document, true);
  if (harmless.is(text)) {
    return all(text);
  }
  for (const at of harmless.signsOf(text).slice(-MOST_TRIES).reverse()) {
    const newline = text.lastIndexOf("\n", at - 1);
    const isFirstLine = newline < 0 || text.slice(0, newline).trim() === "";
    const end = isFirstLine ? text.slice(0, at).replace(/[\s,]+$/, "").length : newline;
    if (harmless.is(text.slice(0, end))) {
      return before(text, end);
    }
  }
  return NOTHING;
}

/** A document, or what a prompt holds of it, without what is suggested in it. */
type Document = Pick<Prompt, "path" | "prefix" | "suffix">;

/**
 * Tells whether a suggestion leaves what stands around the cursor as it is: it closes nothing that is closed behind the cursor, leaves
 * nothing open, and takes nothing into a comment or string. Where something lacks its counterpart without it, it may have that.
 */
export class RereadingHarmless {
  private readonly lexicon: Lexicon;
  /** The cursor's line is read again with each suggestion: its last signs may go on in one. */
  private readonly line: number;
  private readonly atLine: OpenSigns;
  private readonly alone: OpenSigns;
  private lineByIndentation: OpenSigns | null = null;
  private unpairedAlone: UnpairedInAll | null = null;

  /** @param isPart the document was cut, so that the other half of a bracket may stand outside of it */
  constructor(
    private readonly document: Document,
    private readonly isPart: boolean,
  ) {
    const { path, prefix } = document;
    this.lexicon = lexiconOf(path);
    this.line = prefix.lastIndexOf("\n") + 1;
    this.atLine = new OpenSigns(this.lexicon).read(prefix, 0, this.line);
    this.alone = this.behind("");
  }

  is(text: string): boolean {
    const behind = this.behind(text);
    if (behind.state === this.alone.state && isAtMost(behind.unpaired, this.alone.unpaired)) {
      return true;
    }
    if (behind.isInLineComment) {
      return false;
    }
    this.unpairedAlone ??= this.unpaired("");
    const unpaired = this.unpaired(text);
    return isLess(unpaired, this.unpairedAlone) || isUndecided(unpaired, this.unpairedAlone);
  }

  /** Where each bracket, comment and string of a text begins or ends. */
  signsOf(text: string): readonly number[] {
    const { prefix, suffix } = this.document;
    const signs: number[] = [];
    const note = (at: number): number => signs.push(at - prefix.length);
    this.atLine.copy().read(prefix + text + suffix, this.line, prefix.length + text.length, note);
    return signs.filter((at) => at >= 0);
  }

  /** What is open behind a text; behind the cursor's line where nothing else follows on it. */
  private behind(text: string): OpenSigns {
    const { prefix, suffix } = this.document;
    const blank = /^[^\S\n]*(?:\n|$)/.exec(suffix)?.[0].length ?? 0;
    const whole = `${prefix}${text}${suffix}\n`;
    const end = prefix.length + text.length + Math.max(blank, Number(suffix === ""));
    return this.atLine.copy().read(whole, this.line, end);
  }

  /** What pairs with nothing in all of the document with a text in it. */
  private unpaired(text: string): UnpairedInAll {
    const { prefix, suffix } = this.document;
    const whole = `${prefix}${text}${suffix}\n`;
    this.lineByIndentation ??= new OpenSigns(this.lexicon, this.isPart).read(prefix, 0, this.line);
    const signs = this.lineByIndentation.copy().read(whole, this.line, whole.length);
    const { openAt, unpaired } = signs;
    const goesOn = this.isPart && suffix.trim() !== "";
    const below = goesOn ? new LinesBelow(whole) : null;
    const isLeft = (at: number): boolean => below?.showLeft(at, at < prefix.length + text.length) ?? true;
    const left = new Set(openAt.brackets.filter(isLeft));
    const mayClose = goesOn ? [...openAt.texts, ...openAt.brackets.filter((at) => !left.has(at))] : [];
    return {
      texts: unpaired.texts + (goesOn ? 0 : openAt.texts.length),
      brackets: unpaired.brackets + left.size,
      // The same places of the document, whatever is suggested.
      mayClose: mayClose.map((at) => (at < prefix.length ? `${at}` : `+${at - text.length}`)).join(" "),
    };
  }
}

interface UnpairedInAll extends UnpairedCounts {
  /** What may be closed where the document goes on. */
  readonly mayClose: string;
}

function isAtMost(one: UnpairedCounts, other: UnpairedCounts): boolean {
  return one.texts <= other.texts && one.brackets <= other.brackets;
}

/** Where a comment or string ends, other brackets count: so these come first. */
function isLess(one: UnpairedCounts, other: UnpairedCounts): boolean {
  return one.texts < other.texts || (one.texts === other.texts && one.brackets < other.brackets);
}

/** Nothing speaks against it in the part that is known, and what closes its brackets would stand outside of that. */
function isUndecided(one: UnpairedInAll, other: UnpairedInAll): boolean {
  return isAtMost(one, other) && one.mayClose !== other.mayClose;
}

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
interface UnpairedCounts {
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
class OpenSigns {
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
    ...(rule.ends === null ? [] : [`(?<end>${escaped(rule.ends(opener))})`]),
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

/** What the lines below a bracket say of it: whether it lacks the one that closes it. */
class LinesBelow {
  /** By line, the least indentation of the visible lines below it; infinite where there are none. */
  private readonly least: number[] = [];
  private readonly starts: number[] = [];

  constructor(private readonly text: string) {
    const lines = text.split("\n");
    let start = 0;
    for (const line of lines) {
      this.starts.push(start);
      start += line.length + 1;
    }
    let least = Number.POSITIVE_INFINITY;
    for (let index = lines.length - 1; index >= 0; index -= 1) {
      this.least[index] = least;
      const line = lines[index] ?? "";
      least = line.trim() === "" ? least : Math.min(least, indentationOf(line));
    }
  }

  /**
   * Whether a bracket was to be closed by now: a line below shows it that is indented no deeper than its own, or, where it stands
   * before what follows the cursor, that there is none.
   */
  showLeft(at: number, isBefore: boolean): boolean {
    const line = lastAtOrBefore(this.starts, at);
    const least = this.least[line] ?? Number.POSITIVE_INFINITY;
    return least === Number.POSITIVE_INFINITY
      ? isBefore
      : least <= indentationOf(this.text.slice(this.starts[line] ?? 0, at));
  }
}

/** The index of the last of some ascending numbers that is at most as large as one. */
function lastAtOrBefore(numbers: readonly number[], wanted: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}
