import { indexIn } from "../../platform/textSearch";
import type { Position } from "../format/record";
import { LayoutFree } from "./layoutFree";
import { letterCount } from "./letterCount";
import { visible } from "./whiteSpace";

/** Places of one line of text that are looked at; a text that repeats a line more often tells nothing by it. */
const MAX_PLACES = 64;

/** Code units, or lines of none, that may be looked at for the pieces of one text that are not at their places. */
const BUDGET = 32 * 1024 * 1024;

/** Letters and digits that make a line tell where something stands: a bracket alone does not. */
const TELLING = 3;

/** A text's lines, and where each of them stands. Built once for a text, in time linear in it. */
export class LineIndex {
  readonly lines: readonly string[];
  private places: ReadonlyMap<string, readonly number[]> | null = null;
  private offsets: readonly number[] | null = null;
  private visiblePlaces: ReadonlyMap<string, readonly number[]> | null = null;
  private withoutLayout: LayoutFree | null = null;
  private readonly telling: (string | null)[] = [];

  /**
   * @param text with LF between its lines
   * @param left how much may be looked at beyond building this
   */
  constructor(
    readonly text: string,
    private left = BUDGET,
  ) {
    this.lines = text.split("\n");
  }

  /** How many code units stand before a position; at most all. */
  offsetOf({ line, character }: Position): number {
    return Math.min((this.lineStarts()[line] ?? this.text.length) + character, this.text.length);
  }

  /** The position before which so many code units stand. */
  positionOf(offset: number): Position {
    const line = lastAtOrBefore(this.lineStarts(), offset, (start) => start);
    return { line, character: offset - (this.lineStarts()[line] ?? 0) };
  }

  /** Whether some lines stand whole and in order from a line on. */
  holds(block: readonly string[], from: number): boolean {
    return from >= 0 && block.every((line, index) => this.lines[from + index] === line);
  }

  /** The lines, at most 64, at which a block begins. */
  placesOf(block: readonly string[]): readonly number[] {
    this.places ??= indexOf(this.lines);
    return rarest(block, this.places).filter((from) => this.holds(block, from));
  }

  /** The lines, at most 64, that are this one apart from white space. */
  visiblePlacesOf(line: string): readonly number[] {
    this.visiblePlaces ??= indexOf(this.lines.map(visible));
    return this.visiblePlaces.get(visible(line)) ?? [];
  }

  /** The lines, at most 64, that are exactly this one. */
  linesLike(line: string): readonly number[] {
    this.places ??= indexOf(this.lines);
    return this.places.get(line) ?? [];
  }

  /** A line without its blanks and tabs, which is worked out once; `null` where it does not tell where something stands. */
  tellingLine(at: number): string | null {
    const line = this.lines[at] ?? "";
    const known = this.telling[at];
    const told = known === undefined ? (letterCount(line) >= TELLING ? visible(line) : null) : known;
    this.telling[at] = told;
    return told;
  }

  /** What the text is apart from its layout. */
  get layoutFree(): LayoutFree {
    this.withoutLayout ??= new LayoutFree(this.text);
    return this.withoutLayout;
  }

  /** The text with some of its lines replaced; `null` once the budget for that is spent. */
  withLines(first: number, last: number, block: readonly string[]): string | null {
    if (!this.spend(this.text.length)) {
      return null;
    }
    return [...this.lines.slice(0, first), ...block, ...this.lines.slice(last + 1)].join("\n");
  }

  /** The one line that holds a text which stands nowhere else; `null` for none, and once the budget is spent. */
  onlyLineWith(wanted: string): number | null {
    if (!this.spend(this.text.length)) {
      return null;
    }
    const at = indexIn(this.text, wanted);
    if (at === -1 || indexIn(this.text, wanted, at + 1) !== -1) {
      return null;
    }
    return this.text.slice(0, at).split("\n").length - 1;
  }

  private lineStarts(): readonly number[] {
    if (this.offsets === null) {
      let offset = 0;
      this.offsets = this.lines.map((one) => {
        const start = offset;
        offset += one.length + 1;
        return start;
      });
    }
    return this.offsets;
  }

  /** Takes from what may be looked at; whether there was as much. */
  spend(units: number): boolean {
    this.left -= units;
    return this.left >= 0;
  }

  /** Whether something could not be looked at, so that what was not found may be there all the same. */
  get isSpent(): boolean {
    return this.left < 0;
  }
}

/** The index of the last item, of those in ascending order, whose key is at most `limit`; 0 where there is none. */
export function lastAtOrBefore<Item>(
  items: readonly Item[],
  limit: number,
  keyOf: (item: Item) => number,
): number {
  let [low, high] = [0, items.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const item = items[middle];
    if (item !== undefined && keyOf(item) <= limit) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return Math.max(low, 0);
}

function indexOf(lines: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [index, line] of lines.entries()) {
    const known = places.get(line);
    if (known === undefined) {
      places.set(line, [index]);
    } else if (known.length < MAX_PLACES) {
      known.push(index);
    }
  }
  return places;
}

/** Where a block could begin, going by the line of it that occurs least. */
function rarest(block: readonly string[], places: ReadonlyMap<string, readonly number[]>): readonly number[] {
  let best: readonly number[] | null = null;
  for (const [index, line] of block.entries()) {
    const found = (places.get(line) ?? []).map((at) => at - index);
    if (best === null || found.length < best.length) {
      best = found;
    }
    if (best.length === 0) {
      break;
    }
  }
  return best ?? [];
}
