import type { Prompt } from "../../inference/suggestion";
import { isWhiteSpace, squash, squashedUnits } from "./whiteSpace";

/** Visible characters that must stand together in a prompt before they count as standing there already. */
const RUN = 12;

/** How much of an output stands in its prompt already, and where. */
export interface InPrompt {
  /** From 0 to 1. */
  readonly share: number;
  /** The part of the prompt that holds the most of it: a number is the index of a context chunk. */
  readonly part: "path" | "prefix" | "suffix" | number;
  /** Zero-based line of that part at which the text begins that has the most of it together. */
  readonly line: number;
  /** The lines of the output, zero-based, that tell something and stand in the prompt letter by letter, white space aside. */
  readonly wholeLines: readonly number[];
}

/** How much of an output stands in its prompt, without where. */
export type ShareInPrompt = Pick<InPrompt, "share" | "wholeLines">;

/** Letters and digits that make a line of an output tell something. */
const TELLING = 12;

/**
 * How much of an output stands in its prompt already: `share` is the share of its visible characters that lie in a
 * run of at least 12 which occurs in one part of the prompt (its path, prefix, suffix or a chunk). White space does
 * not count. An output of fewer than 12 visible characters is one run. Takes time linear in prompt and output.
 *
 * It is 1 where the whole output stands in the prompt, and adding text before, after or beside the prompt's parts
 * never lowers it. Code repeats itself, so a high share is no fault by itself; it tells how much the model had to say.
 */
export function shareInPrompt(output: string, prompt: Prompt): InPrompt {
  const { best, ...shared } = coverage(output, prompt);
  return best === null
    ? { ...shared, part: "path", line: 0 }
    : { ...shared, part: best.part, line: lineAt(best.text, densest(best.here, best.length, best.runs)) };
}

/** How much alone, which costs less than where it stands. */
export function onlyShareInPrompt(output: string, prompt: Prompt): ShareInPrompt {
  const { share, wholeLines } = coverage(output, prompt);
  return { share, wholeLines };
}

/** The part of a prompt that holds the most of an output. */
interface BestPart {
  readonly part: InPrompt["part"];
  readonly text: string;
  readonly here: Occurrences;
  /** How many different runs of the output occur in it, of how many, and how long the output is. */
  readonly distinct: number;
  readonly runs: number;
  readonly length: number;
}

function coverage(output: string, prompt: Prompt): ShareInPrompt & { readonly best: BestPart | null } {
  const wanted = Uint16Array.from(squashedUnits(output));
  const length = Math.min(RUN, wanted.length);
  if (length === 0) {
    return { share: 0, wholeLines: [], best: null };
  }
  const runs = new Runs(wanted, length);
  const isFound = new Uint8Array(runs.count);
  let best: BestPart | null = null;
  for (const { part, text } of partsOf(prompt)) {
    const here = runs.occurrencesIn(squashedUnits(text));
    const isHere = new Uint8Array(runs.count);
    let distinct = 0;
    for (const run of here.runs) {
      distinct += isHere[run] === 0 ? 1 : 0;
      isHere[run] = 1;
      isFound[run] = 1;
    }
    if (best === null || distinct > best.distinct) {
      best = { part, text, here, distinct, runs: runs.count, length: wanted.length };
    }
  }
  let covered = 0;
  let end = 0;
  for (const [start, run] of runs.inOrder.entries()) {
    if (isFound[run] === 1) {
      covered += start + length - Math.max(start, end);
      end = start + length;
    }
  }
  const wholeLines = wholeLinesOf(output, length, (start) => isFound[runs.inOrder[start] ?? -1] === 1);
  return { share: covered / wanted.length, wholeLines, best };
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

  constructor(
    private readonly text: Uint16Array,
    private readonly length: number,
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
      if (run !== -1) {
        starts.push(start);
        runs.push(run);
      }
      hash = this.next(hash, text, start);
    }
    return { starts, runs };
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
function densest({ starts, runs: found }: Occurrences, length: number, runs: number): number {
  const counts = new Int32Array(runs);
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

function partsOf({ path, prefix, suffix, context }: Prompt): { part: InPrompt["part"]; text: string }[] {
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
