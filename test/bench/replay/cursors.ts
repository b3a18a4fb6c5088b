import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CompletionRequest } from "../../../server/src/inference/engine/engine";

/** The repository's top, where npm runs scripts. */
export const ROOT = process.cwd();

/** So much of a file goes into a prompt: enough for the model to know where it is, little enough to measure often. */
const PREFIX_CHARACTERS = 700;
const SUFFIX_CHARACTERS = 200;
const MAX_TOKENS = 16;
/** So many cursors in one line at most. */
const PLACES_OF_LINE = 4;

const COMPARISON = /\s(?:<|<=|>|>=|===|!==|&&|\|\||\+|-)\s/;

export interface Place {
  readonly request: CompletionRequest;
  /** What stands in the file from the cursor to the end of its line. */
  readonly rest: string;
}

/** Mulberry32: numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Places all over this repository's own sources, which the embedded model was not trained on, in an order that only
 * the seed decides; without end. Places of one line follow each other and begin their prompts alike, as they do for
 * somebody who types it.
 *
 * @param where `anywhere` in a line that is not blank, or before an `operator` that has a near neighbour
 */
export function* places(seed: number, where: "anywhere" | "operator"): Generator<Place> {
  const listed = execFileSync("git", ["ls-files", "server/src", "client/src", "test"], { cwd: ROOT });
  const files = listed
    .toString()
    .split("\n")
    .filter((path) => path.endsWith(".ts"))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
  const random = seededRandom(seed);
  const pick = (length: number): number => Math.floor(random() * length);
  for (let asked = 0; ; ) {
    const file = files[pick(files.length)];
    if (file === undefined) {
      throw new Error("the repository has no sources");
    }
    const start = file.text.lastIndexOf("\n", pick(file.text.length) - 1) + 1;
    const end = endOfLine(file.text, start);
    const line = file.text.slice(start, end);
    const columns = where === "operator" ? operatorIn(line) : columnsIn(line, pick);
    for (const column of columns) {
      asked += 1;
      yield {
        rest: line.slice(column),
        request: {
          path: file.path,
          prefix: file.text.slice(Math.max(0, start - PREFIX_CHARACTERS), start + column),
          suffix: file.text.slice(end, end + SUFFIX_CHARACTERS),
          context: [],
          // Every second one ends where the model doubts, as what comes by itself does.
          trigger: asked % 2 === 0 ? "automatic" : "explicit",
          extent: "auto",
          maxTokens: MAX_TOKENS,
        },
      };
    }
  }
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end;
}

/** Where a comparison or the like begins, if anywhere. */
function operatorIn(line: string): readonly number[] {
  const found = COMPARISON.exec(line);
  return found === null ? [] : [found.index + 1];
}

/** Some columns from the first visible character on, in order; none in a blank line. */
function columnsIn(line: string, pick: (length: number) => number): readonly number[] {
  if (line.trim() === "") {
    return [];
  }
  const indentation = line.length - line.trimStart().length;
  const columns = Array.from({ length: PLACES_OF_LINE }, () => indentation + pick(line.length - indentation));
  return [...new Set(columns)].sort((a, b) => a - b);
}
