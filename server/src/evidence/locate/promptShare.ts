import type { Prompt } from "../../inference/suggestion";
import { squash } from "./whiteSpace";

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
}

/**
 * How much of an output stands in its prompt already: `share` is the share of its visible characters that lie in a
 * run of at least 12 which occurs in one part of the prompt (its path, prefix, suffix or a chunk). White space does
 * not count. An output of fewer than 12 visible characters is one run. Takes time linear in prompt and output.
 *
 * It is 1 where the whole output stands in the prompt, and adding text before, after or beside the prompt's parts
 * never lowers it. Code repeats itself, so a high share is no fault by itself; it tells how much the model had to say.
 */
export function shareInPrompt(output: string, prompt: Prompt): InPrompt {
  const wanted = squash(output);
  const length = Math.min(RUN, wanted.length);
  if (length === 0) {
    return { share: 0, part: "path", line: 0 };
  }
  const runs = new Runs(wanted, length);
  const found = new Array<boolean>(runs.count).fill(false);
  let best: { part: InPrompt["part"]; text: string; start: number; runs: number } | null = null;
  for (const { part, text } of partsOf(prompt)) {
    const here = runs.occurrencesIn(squash(text));
    const distinct = new Set<number>();
    for (const { run } of here) {
      distinct.add(run);
      found[run] = true;
    }
    if (best === null || distinct.size > best.runs) {
      best = { part, text, start: densest(here, wanted.length, runs.count), runs: distinct.size };
    }
  }
  let covered = 0;
  let end = 0;
  for (const [start, run] of runs.inOrder.entries()) {
    if (found[run] === true) {
      covered += start + length - Math.max(start, end);
      end = start + length;
    }
  }
  return {
    share: covered / wanted.length,
    part: best?.part ?? "path",
    line: best === null ? 0 : lineAt(best.text, best.start),
  };
}

interface Occurrence {
  readonly start: number;
  /** The number of the run. */
  readonly run: number;
}

/** Bits of a hash by which most of a prompt is told from what is looked for. */
const SIEVE = 0xfff;
/** Which runs last set each of these bits. One array serves all, one after the other: to make one costs more than to use it. */
const lastSet = new Uint32Array(SIEVE + 1);
let lastRuns = 0;
const BASE = 0x01000193;

/** Every piece of a text that has one length, each different one with a number. */
class Runs {
  /** The numbers of the runs that begin at each offset. */
  readonly inOrder: readonly number[];
  private readonly numbers = new Map<string, number>();
  private readonly mark: number;
  /** What the first code unit of a run adds to its hash. */
  private readonly leaving: number;

  constructor(
    text: string,
    private readonly length: number,
  ) {
    let leaving = 1;
    for (let power = 1; power < length; power += 1) {
      leaving = Math.imul(leaving, BASE);
    }
    this.leaving = leaving;
    lastRuns = (lastRuns + 1) >>> 0;
    this.mark = lastRuns;
    const inOrder: number[] = [];
    this.forEachHash(text, (start, bits) => {
      lastSet[bits] = this.mark;
      const run = text.slice(start, start + length);
      const number = this.numbers.get(run) ?? this.numbers.size;
      this.numbers.set(run, number);
      inOrder.push(number);
    });
    this.inOrder = inOrder;
  }

  /** How many different ones there are. */
  get count(): number {
    return this.numbers.size;
  }

  occurrencesIn(text: string): readonly Occurrence[] {
    const found: Occurrence[] = [];
    const { length, numbers, mark } = this;
    this.forEachHash(text, (start, bits) => {
      const run = lastSet[bits] === mark ? numbers.get(text.slice(start, start + length)) : undefined;
      if (run !== undefined) {
        found.push({ start, run });
      }
    });
    return found;
  }

  /** Visits every piece of a text that has the length, with bits of a hash that the one before gives in one step. */
  private forEachHash(text: string, visit: (start: number, bits: number) => void): void {
    const { length, leaving } = this;
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) {
      const start = at - length + 1;
      if (start > 0) {
        hash -= Math.imul(text.charCodeAt(start - 1), leaving);
      }
      hash = (Math.imul(hash, BASE) + text.charCodeAt(at)) | 0;
      if (start >= 0) {
        visit(start, (hash ^ (hash >>> 15)) & SIEVE);
      }
    }
  }
}

/** Where, of all stretches of a length, the one begins that has the most different runs; the first of several. */
function densest(occurrences: readonly Occurrence[], length: number, runs: number): number {
  const counts = new Array<number>(runs).fill(0);
  let size = 0;
  let best = { start: 0, size: 0 };
  let left = 0;
  for (const { start, run } of occurrences) {
    size += counts[run] === 0 ? 1 : 0;
    counts[run] = (counts[run] ?? 0) + 1;
    let first = occurrences[left] ?? { start, run };
    while (first.start <= start - length) {
      const rest = (counts[first.run] ?? 1) - 1;
      counts[first.run] = rest;
      size -= rest === 0 ? 1 : 0;
      left += 1;
      first = occurrences[left] ?? { start, run };
    }
    if (size > best.size) {
      best = { start: first.start, size };
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
  let seen = 0;
  for (const [index, line] of text.split("\n").entries()) {
    seen += squash(line).length;
    if (seen > squashedOffset) {
      return index;
    }
  }
  return 0;
}
