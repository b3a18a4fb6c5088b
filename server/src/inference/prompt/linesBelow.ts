import { indentationOf } from "./blockExtent";

/** How far the lines of a text that are not blank are indented, below any place in it. */
export class LinesBelow {
  /** The least indentation of all of them, in columns; infinite where there are none. */
  readonly least: number;
  private readonly starts: number[] = [];
  /** By line, the least indentation below it. */
  private readonly below: number[] = [];

  /** @param from where a line of the text begins; of what stands above it nothing is asked */
  constructor(text: string, from = 0) {
    const lines = text.slice(from).split("\n");
    let start = from;
    for (const line of lines) {
      this.starts.push(start);
      start += line.length + 1;
    }
    let least = Number.POSITIVE_INFINITY;
    for (let index = lines.length - 1; index >= 0; index -= 1) {
      this.below[index] = least;
      const line = lines[index] ?? "";
      least = line.trim() === "" ? least : Math.min(least, indentationOf(line));
    }
    this.least = least;
  }

  /** The least indentation below the line of an offset; infinite where there is nothing below. */
  leastBelow(at: number): number {
    return this.below[lastAtOrBefore(this.starts, at)] ?? Number.POSITIVE_INFINITY;
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
