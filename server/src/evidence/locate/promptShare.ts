import type { Prompt } from "../../inference/suggestion";
import { squash } from "./whiteSpace";

/** Visible characters that must stand together in a prompt before they count as standing there already. */
const RUN = 12;

/**
 * How much of an output stands in its prompt already, from 0 to 1: the share of its visible characters that lie in a
 * run of at least 12 which occurs in one part of the prompt (its path, prefix, suffix or a chunk). White space does
 * not count. An output of fewer than 12 visible characters is one run. Takes time linear in prompt and output.
 *
 * It is 1 where the whole output stands in the prompt, and adding text before, after or beside the prompt's parts
 * never lowers it. Code repeats itself, so a high share is no fault by itself; it tells how much the model had to say.
 */
export function shareInPrompt(output: string, prompt: Prompt): number {
  const visible = squash(output);
  const length = Math.min(RUN, visible.length);
  if (length === 0) {
    return 0;
  }
  const hashes = new Set<number>();
  forEachRun(visible, length, (_, hash) => hashes.add(hash));
  const found = new Set<string>();
  for (const text of partsOf(prompt).map(squash)) {
    forEachRun(text, length, (start, hash) => {
      if (hashes.has(hash)) {
        found.add(text.slice(start, start + length));
      }
    });
  }
  let covered = 0;
  let end = 0;
  forEachRun(visible, length, (start) => {
    if (!found.has(visible.slice(start, start + length))) {
      return;
    }
    covered += start + length - Math.max(start, end);
    end = start + length;
  });
  return covered / visible.length;
}

function partsOf({ path, prefix, suffix, context }: Prompt): string[] {
  return [path ?? "", prefix, suffix, ...context.flatMap((chunk) => [chunk.path, chunk.text])];
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
