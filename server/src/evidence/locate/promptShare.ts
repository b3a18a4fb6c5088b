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
  const hashes = new Set<number>();
  const runs = new Set<string>();
  forEachRun(wanted, length, (start, hash) => {
    hashes.add(hash);
    runs.add(wanted.slice(start, start + length));
  });
  const found = new Set<string>();
  let best: { part: InPrompt["part"]; text: string; start: number; runs: number } | null = null;
  for (const { part, text } of partsOf(prompt)) {
    const squashed = squash(text);
    const here: Occurrence[] = [];
    forEachRun(squashed, length, (start, hash) => {
      const run = hashes.has(hash) ? squashed.slice(start, start + length) : "";
      if (runs.has(run)) {
        here.push({ start, run });
        found.add(run);
      }
    });
    const distinct = new Set(here.map(({ run }) => run)).size;
    if (best === null || distinct > best.runs) {
      best = { part, text, start: densest(here, wanted.length), runs: distinct };
    }
  }
  let covered = 0;
  let end = 0;
  forEachRun(wanted, length, (start) => {
    if (!found.has(wanted.slice(start, start + length))) {
      return;
    }
    covered += start + length - Math.max(start, end);
    end = start + length;
  });
  return {
    share: covered / wanted.length,
    part: best?.part ?? "path",
    line: best === null ? 0 : lineAt(best.text, best.start),
  };
}

interface Occurrence {
  readonly start: number;
  readonly run: string;
}

/** Where, of all stretches of a length, the one begins that has the most different runs; the first of several. */
function densest(occurrences: readonly Occurrence[], length: number): number {
  const counts = new Map<string, number>();
  let best = { start: 0, size: 0 };
  let left = 0;
  for (const { start, run } of occurrences) {
    counts.set(run, (counts.get(run) ?? 0) + 1);
    let first = occurrences[left] ?? { start, run };
    while (first.start <= start - length) {
      const count = counts.get(first.run) ?? 0;
      if (count > 1) {
        counts.set(first.run, count - 1);
      } else {
        counts.delete(first.run);
      }
      left += 1;
      first = occurrences[left] ?? { start, run };
    }
    if (counts.size > best.size) {
      best = { start: first.start, size: counts.size };
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

/** Visits every piece of a text that has this length, with a hash that the one before gives in one step. */
function forEachRun(text: string, length: number, visit: (start: number, hash: number) => void): void {
  const base = 0x01000193;
  let leaving = 1;
  for (let power = 1; power < length; power += 1) {
    leaving = Math.imul(leaving, base);
  }
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) {
    const start = at - length + 1;
    if (start > 0) {
      hash -= Math.imul(text.charCodeAt(start - 1), leaving);
    }
    hash = (Math.imul(hash, base) + text.charCodeAt(at)) | 0;
    if (start >= 0) {
      visit(start, hash);
    }
  }
}
