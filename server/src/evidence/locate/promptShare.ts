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
  /** Zero-based line of that part at which the first of it stands. */
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
    const here = new Set<string>();
    let first = 0;
    forEachRun(squashed, length, (start, hash) => {
      const run = hashes.has(hash) ? squashed.slice(start, start + length) : "";
      if (runs.has(run)) {
        first = here.size === 0 ? start : first;
        here.add(run);
        found.add(run);
      }
    });
    if (best === null || here.size > best.runs) {
      best = { part, text, start: first, runs: here.size };
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
