import type { Prompt } from "../../inference/suggestion";
import { isWhiteSpace, squash, squashedUnits } from "./whiteSpace";

/** Visible characters that must stand together in a prompt before they count as standing there already. */
const RUN = 12;

/** How much of an output stands in its prompt already. */
export interface ShareInPrompt {
  /** From 0 to 1. */
  readonly share: number;
  /** The lines of the output, zero-based, that tell something and stand in the prompt letter by letter, white space aside. */
  readonly wholeLines: readonly number[];
}

/** Where in its prompt an output stands. */
export interface PlaceInPrompt {
  /** The part of the prompt that holds the most of it: a number is the index of a context chunk. */
  readonly part: "path" | "prefix" | "suffix" | number;
  /** Zero-based line of that part at which the text begins that has the most of it together. */
  readonly line: number;
}

/** Letters and digits that make a line of an output, or a whole output, tell something. */
export const TELLING = 12;

/**
 * How much of an output stands in its prompt already: `share` is the share of its visible characters that lie in a
 * run of at least 12 which occurs in one part of the prompt (its path, prefix, suffix or a chunk). White space does
 * not count. An output of fewer than 12 visible characters is one run. Takes time linear in prompt and output.
 *
 * It is 1 where the whole output stands in the prompt, and adding text before, after or beside the prompt's parts
 * never lowers it. Code repeats itself, so a high share is no fault by itself; it tells how much the model had to say.
 */
export function shareInPrompt(output: string, prompt: Prompt): ShareInPrompt {
  const runs = Runs.of(output);
  if (runs === null) {
    return { share: 0, wholeLines: [] };
  }
  const found = new Uint8Array(runs.count);
  let missing = runs.count;
  for (const { text } of partsOf(prompt)) {
    missing -= runs.markIn(squashedUnits(text), found, missing);
  }
  let covered = 0;
  let end = 0;
  for (const [start, run] of runs.inOrder.entries()) {
    if (found[run] === 1) {
      covered += start + runs.length - Math.max(start, end);
      end = start + runs.length;
    }
  }
  const wholeLines = wholeLinesOf(output, runs.length, (start) => found[runs.inOrder[start] ?? -1] === 1);
  return { share: covered / runs.text.length, wholeLines };
}

/** Where in its prompt the most of an output stands together. Takes time linear in both, but more of it than how much does. */
export function placeInPrompt(output: string, prompt: Prompt): PlaceInPrompt {
  const runs = Runs.of(output);
  let best: { readonly part: PlaceInPrompt["part"]; readonly text: string } = { part: "path", text: "" };
  if (runs === null) {
    return { part: best.part, line: 0 };
  }
  let most = -1;
  for (const { part, text } of partsOf(prompt)) {
    const distinct = runs.markIn(squashedUnits(text), new Uint8Array(runs.count), runs.count);
    if (distinct > most) {
      best = { part, text };
      most = distinct;
    }
  }
  const line = lineAt(best.text, densest(runs.occurrencesIn(squashedUnits(best.text)), runs));
  return { part: best.part, line };
}

/** The lines all of whose runs are found. */
function wholeLinesOf(
  output: string,
  length: number,
  isFound: (start: number) => boolean,
): readonly number[] {
  let from = 0;
  return output.split("\n").flatMap((line, index) => {
    const start = from;
    from += squash(line).length;
    if ((line.match(/[\p{L}\p{N}]/gu)?.length ?? 0) < TELLING) {
      return [];
    }
    for (let at = start; at + length <= from; at += 1) {
      if (!isFound(at)) {
        return [];
      }
    }
    return index;
  });
}

/** Where runs begin in a text, in order, and the number of each. */
interface Occurrences {
  readonly starts: readonly number[];
  readonly runs: readonly number[];
}

const BASE = 0x01000193;

/** Room for each run in the table that finds it: nearly all of a prompt is told from what is looked for by one look. */
const ROOM = 16;

/** Every piece of a text that has one length, each different one with a number. Texts are UTF-16 code units without white space. */
class Runs {
  /** The numbers of the runs that begin at each offset. */
  readonly inOrder: readonly number[];
  /** Where each run begins first, by its number. */
  private readonly firsts: readonly number[];
  /** The numbers of runs plus one, found by their hashes: in the place of that name, or the next ones; 0 is nobody. */
  private readonly table: Int32Array;
  /** What the first code unit of a run adds to its hash. */
  private readonly leaving: number;

  /** The runs of a text's visible characters; `null` where it has none. */
  static of(text: string): Runs | null {
    const units = Uint16Array.from(squashedUnits(text));
    return units.length === 0 ? null : new Runs(units, Math.min(RUN, units.length));
  }

  private constructor(
    readonly text: Uint16Array,
    readonly length: number,
  ) {
    let leaving = BASE;
    for (let power = 1; power < length; power += 1) {
      leaving = Math.imul(leaving, BASE);
    }
    this.leaving = leaving;
    this.table = new Int32Array(2 ** Math.ceil(Math.log2(ROOM * text.length)));
    const inOrder: number[] = [];
    const firsts: number[] = [];
    this.firsts = firsts;
    let hash = this.hashOfFirst(text);
    for (let start = 0; start + length <= text.length; start += 1) {
      const place = this.placeOf(hash, text, start);
      const known = this.table[place] ?? 0;
      if (known === 0) {
        firsts.push(start);
        this.table[place] = firsts.length;
      }
      inOrder.push(known === 0 ? firsts.length - 1 : known - 1);
      hash = this.next(hash, text, start);
    }
    this.inOrder = inOrder;
  }

  /** How many different ones there are. */
  get count(): number {
    return this.firsts.length;
  }

  occurrencesIn(text: Uint16Array): Occurrences {
    const starts: number[] = [];
    const runs: number[] = [];
    this.eachIn(text, (run, start) => {
      starts.push(start);
      runs.push(run);
      return true;
    });
    return { starts, runs };
  }

  /**
   * Marks each run that occurs in a text.
   * @param missing how many are not marked yet: once none is left, nothing more is looked at
   * @returns how many it marked that were not
   */
  markIn(text: Uint16Array, marks: Uint8Array, missing: number): number {
    let marked = 0;
    if (missing > 0) {
      this.eachIn(text, (run) => {
        if (marks[run] === 0) {
          marks[run] = 1;
          marked += 1;
        }
        return marked < missing;
      });
    }
    return marked;
  }

  /** Tells of each run in a text and where it begins, in order, for as long as more is wanted. */
  private eachIn(text: Uint16Array, tell: (run: number, start: number) => boolean): void {
    const { length, table, inOrder, firsts } = this;
    let hash = this.hashOfFirst(text);
    /** After a run that was found: where the next unit stands that would make the next one of it. */
    let following = -1;
    for (let start = 0; start + length <= text.length; start += 1) {
      let run = -1;
      if (following !== -1 && this.text[following] === text[start + length - 1]) {
        run = inOrder[following - length + 1] ?? -1;
        following += 1;
      } else if (table[placeFor(hash, table)] !== 0) {
        run = (table[this.placeOf(hash, text, start)] ?? 0) - 1;
        following = run === -1 ? -1 : (firsts[run] ?? 0) + length;
      } else {
        following = -1;
      }
      if (run !== -1 && !tell(run, start)) {
        return;
      }
      hash = this.next(hash, text, start);
    }
  }

  /** Where in the table the piece of a text stands that begins at an offset and has this hash, or would stand. */
  private placeOf(hash: number, text: Uint16Array, start: number): number {
    const { table } = this;
    for (let place = placeFor(hash, table); ; place = (place + 1) & (table.length - 1)) {
      const run = (table[place] ?? 0) - 1;
      if (run < 0 || this.isRun(run, text, start)) {
        return place;
      }
    }
  }

  private isRun(run: number, text: Uint16Array, start: number): boolean {
    const first = this.firsts[run] ?? 0;
    for (let at = 0; at < this.length; at += 1) {
      if (this.text[first + at] !== text[start + at]) {
        return false;
      }
    }
    return true;
  }

  private hashOfFirst(text: Uint16Array): number {
    let hash = 0;
    for (const unit of text.subarray(0, this.length)) {
      hash = (Math.imul(hash, BASE) + unit) | 0;
    }
    return hash;
  }

  /** The hash of the piece that begins one further than the one that has this hash. */
  private next(hash: number, text: Uint16Array, start: number): number {
    const gone = text[start] ?? 0;
    const come = text[start + this.length] ?? 0;
    return (Math.imul(hash, BASE) - Math.imul(gone, this.leaving) + come) | 0;
  }
}

function placeFor(hash: number, table: Int32Array): number {
  return (hash ^ (hash >>> 15)) & (table.length - 1);
}

/** Where, of all stretches of a length, the one begins that has the most different runs; the first of several. */
function densest({ starts, runs: found }: Occurrences, { text: { length }, count }: Runs): number {
  const counts = new Int32Array(count);
  let size = 0;
  let best = { start: 0, size: 0 };
  let left = 0;
  for (const [at, start] of starts.entries()) {
    const run = found[at] ?? 0;
    size += counts[run] === 0 ? 1 : 0;
    counts[run] = (counts[run] ?? 0) + 1;
    while ((starts[left] ?? start) <= start - length) {
      const first = found[left] ?? run;
      const rest = (counts[first] ?? 1) - 1;
      counts[first] = rest;
      size -= rest === 0 ? 1 : 0;
      left += 1;
    }
    if (size > best.size) {
      best = { start: starts[left] ?? start, size };
    }
  }
  return best.start;
}

function partsOf({ path, prefix, suffix, context }: Prompt): { part: PlaceInPrompt["part"]; text: string }[] {
  return [
    { part: "path", text: path ?? "" },
    { part: "prefix", text: prefix },
    { part: "suffix", text: suffix },
    ...context.flatMap((chunk, part) => [
      { part, text: chunk.path },
      { part, text: chunk.text },
    ]),
  ];
}

/** The zero-based line of a text on which its visible character of this number stands. */
function lineAt(text: string, squashedOffset: number): number {
  let line = 0;
  let seen = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    line += unit === LINE_FEED ? 1 : 0;
    seen += isWhiteSpace(unit) ? 0 : 1;
    if (seen > squashedOffset) {
      return line;
    }
  }
  return 0;
}

const LINE_FEED = 0x0a;
