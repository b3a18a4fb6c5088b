import { placesIn } from "../../platform/textSearch";

/** Code units that formatters add, take away or move where they break or join lines. */
const LAYOUT: ReadonlySet<string> = new Set([..." \t\r\n,;()"]);

/** Places of one text that are looked at; one that stands more often tells nothing by it. */
const MAX_PLACES = 64;

/** From the first to after the last character that is no layout, as offsets in the text. */
export interface LayoutFreeSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * A text without what a formatter may change of it where it breaks or joins lines: blanks, tabs, line ends, commas, semicolons and
 * parentheses; quotes are all alike. Two texts that are the same so may well mean different things, so this proves nothing:
 * it only tells what became of a text that is known to have been changed.
 */
export class LayoutFree {
  readonly characters: string;
  private readonly offsets: Int32Array;

  /** Takes time linear in the text. */
  constructor(private readonly text: string) {
    const units: string[] = [];
    this.offsets = new Int32Array(text.length);
    for (let at = 0; at < text.length; at += 1) {
      const unit = text[at] ?? "";
      if (!LAYOUT.has(unit)) {
        this.offsets[units.length] = at;
        units.push(unit === "'" || unit === "`" ? '"' : unit);
      }
    }
    this.characters = units.join("");
  }

  /** Where another text stands, at most 64 times. */
  placesOf(wanted: LayoutFree): readonly LayoutFreeSpan[] {
    return this.some(MAX_PLACES, wanted, () => true);
  }

  /** Where another text fills lines alone, at most so many times. What stands within lines, however often, is not counted. */
  wholeLinesOf(wanted: LayoutFree, most: number): readonly LayoutFreeSpan[] {
    return this.some(most, wanted, (span) => this.beginsLine(span) && this.endsLine(span));
  }

  private some(
    most: number,
    { characters: wanted }: LayoutFree,
    isMeant: (span: LayoutFreeSpan) => boolean,
  ): readonly LayoutFreeSpan[] {
    const places: LayoutFreeSpan[] = [];
    for (const at of placesIn(this.characters, wanted)) {
      const span = this.spanAt(at, wanted.length);
      if (isMeant(span)) {
        places.push(span);
      }
      if (places.length >= most) {
        break;
      }
    }
    return places;
  }

  /** Where another text stands that begins with the first character at or behind an offset; `null` where it does not. */
  placeFrom(offset: number, { characters: wanted }: LayoutFree): LayoutFreeSpan | null {
    const at = this.indexFrom(offset);
    return wanted !== "" && this.characters.startsWith(wanted, at) ? this.spanAt(at, wanted.length) : null;
  }

  /** Whether nothing but layout stands on the same line before a span. */
  beginsLine({ start }: LayoutFreeSpan): boolean {
    const at = this.indexFrom(start);
    return at === 0 || this.text.slice(this.offsets[at - 1], start).includes("\n");
  }

  /** Whether nothing but layout stands on the same line behind a span. */
  endsLine({ end }: LayoutFreeSpan): boolean {
    const at = this.indexFrom(end);
    return at === this.characters.length || this.text.slice(end, this.offsets[at]).includes("\n");
  }

  private spanAt(at: number, length: number): LayoutFreeSpan {
    return { start: this.offsets[at] ?? 0, end: (this.offsets[at + length - 1] ?? 0) + 1 };
  }

  /** The number of the first character at or behind an offset. */
  private indexFrom(offset: number): number {
    let [low, high] = [0, this.characters.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.offsets[middle] ?? 0) < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
