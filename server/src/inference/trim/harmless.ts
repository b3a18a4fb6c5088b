import { type Lexicon, lexiconOf } from "../prompt/lexicons";
import { LinesBelow } from "../prompt/linesBelow";
import { OpenSigns, type UnpairedCounts } from "../prompt/openSigns";
import type { Prompt } from "../suggestion";

/** A document, or what a prompt holds of it, without what is suggested in it. */
type Document = Pick<Prompt, "path" | "prefix" | "suffix">;

/**
 * Tells whether a suggestion leaves what stands around the cursor as it is: it closes nothing that is closed behind the cursor, leaves
 * nothing open, and takes nothing into a comment or string. Where something lacks its counterpart without it, it may have that.
 */
export class Harmless {
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
