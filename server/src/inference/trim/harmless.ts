import { type Lexicon, lexiconOf } from "../prompt/lexicons";
import { LinesBelow } from "../prompt/linesBelow";
import { type OpenBracket, OpenSigns, type UnpairedCounts } from "../prompt/openSigns";
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
  /** How much of what follows the cursor is blank up to the next line; 0 where more stands on its line. */
  private readonly blankBehind: number;
  private readonly atLine: OpenSigns;
  private readonly alone: OpenSigns;
  private lineByIndentation: OpenSigns | null = null;
  private linesAbove: LinesBelow | null = null;
  private unpairedAlone: UnpairedInAll | null = null;
  private lookedAt = 0;

  /** @param isPart the document was cut, so that the other half of a bracket may stand outside of it */
  constructor(
    private readonly document: Document,
    private readonly isPart: boolean,
  ) {
    const { path, prefix, suffix } = document;
    this.lexicon = lexiconOf(path);
    this.line = prefix.lastIndexOf("\n") + 1;
    this.blankBehind = /^[^\S\n]*(?:\n|$)/.exec(suffix)?.[0].length ?? 0;
    this.atLine = this.read(new OpenSigns(this.lexicon), prefix, 0, this.line);
    this.alone = this.behind("");
  }

  /** UTF-16 code units that were looked at so far, each as often as it was. */
  get looked(): number {
    return this.lookedAt;
  }

  is(text: string): boolean {
    const behind = this.behind(text);
    if (behind.hasSameOpen(this.alone) && isAtMost(behind.unpaired, this.alone.unpaired)) {
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
    this.read(this.atLine.copy(), prefix + text + suffix, this.line, prefix.length + text.length, note);
    return signs.filter((at) => at >= 0);
  }

  /** What is open behind a text; behind the cursor's line where nothing else follows on it. */
  private behind(text: string): OpenSigns {
    const { prefix, suffix } = this.document;
    const whole = `${prefix}${text}${suffix}\n`;
    const end = prefix.length + text.length + Math.max(this.blankBehind, Number(suffix === ""));
    return this.read(this.atLine.copy(), whole, this.line, end);
  }

  /** What pairs with nothing in all of the document with a text in it. */
  private unpaired(text: string): UnpairedInAll {
    const { prefix, suffix } = this.document;
    const whole = `${prefix}${text}${suffix}\n`;
    this.lineByIndentation ??= this.isPart
      ? this.read(new OpenSigns(this.lexicon, true), prefix, 0, this.line)
      : this.atLine;
    const { openAt, unpaired } = this.read(this.lineByIndentation.copy(), whole, this.line, whole.length);
    this.lookedAt += openAt.brackets.length + openAt.texts.length;
    const goesOn = this.isPart && suffix.trim() !== "";
    const below = goesOn ? this.linesOf(whole) : null;
    const isLeft = (bracket: OpenBracket): boolean =>
      below === null || this.showLeft(below, bracket, bracket.at < prefix.length + text.length);
    const others = openAt.brackets.filter((bracket) => !isLeft(bracket)).map(({ at }) => at);
    const mayClose = goesOn ? [...openAt.texts, ...others] : [];
    return {
      texts: unpaired.texts + (goesOn ? 0 : openAt.texts.length),
      brackets: unpaired.brackets + openAt.brackets.length - others.length,
      // The same places of the document, whatever is suggested.
      mayClose: mayClose.map((at) => (at < prefix.length ? `${at}` : `+${at - text.length}`)).join(" "),
    };
  }

  /** The lines of a document from the cursor's on. */
  private linesOf(whole: string): LinesBelow {
    this.lookedAt += whole.length - this.line;
    return new LinesBelow(whole, this.line);
  }

  /**
   * Whether a bracket was to be closed by now: a line below shows it that is indented no deeper than its own, or, where it stands
   * before what follows the cursor, that there is none.
   *
   * @param below the lines from the cursor's on
   */
  private showLeft(below: LinesBelow, { at, line }: OpenBracket, isBefore: boolean): boolean {
    this.linesAbove ??= new LinesBelow(this.document.prefix.slice(0, this.line));
    const least =
      at < this.line ? Math.min(this.linesAbove.leastBelow(at), below.least) : below.leastBelow(at);
    return least === Number.POSITIVE_INFINITY ? isBefore : least <= (line?.indentation ?? 0);
  }

  private read(signs: OpenSigns, ...part: Parameters<OpenSigns["read"]>): OpenSigns {
    const before = signs.looked;
    signs.read(...part);
    this.lookedAt += signs.looked - before;
    return signs;
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
