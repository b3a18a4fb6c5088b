import { indentationOf } from "./blockExtent";

/** What the lines below a bracket say of it: whether it lacks the one that closes it. */
export class LinesBelow {
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
