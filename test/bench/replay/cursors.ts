import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CompletionRequest } from "../../../server/src/inference/engine";

/** The repository's top, where npm runs scripts. */
export const ROOT = process.cwd();

/** So much of a file goes into a prompt: enough for the model to know where it is, little enough to measure often. */
const PREFIX_CHARACTERS = 700;
const SUFFIX_CHARACTERS = 200;
const MAX_TOKENS = 16;

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
 * the seed decides; without end.
 *
 * @param where `anywhere` in a line that is not blank, or before an `operator` that has a near neighbour
 */
export function* places(seed: number, where: "anywhere" | "operator"): Generator<Place> {
  const listed = execFileSync("git", ["ls-files", "server/src", "client/src", "test"], { cwd: ROOT });
  const files = listed
    .toString()
    .split("\n")
    .filter((path) => path.endsWith(".ts"))
    .map((path) => ({ path, lines: readFileSync(join(ROOT, path), "utf8").split("\n") }));
  const random = seededRandom(seed);
  const pick = (length: number): number => Math.floor(random() * length);
  for (let asked = 0; ; ) {
    const file = files[pick(files.length)];
    if (file === undefined) throw new Error("the repository has no sources");
    const line = pick(file.lines.length);
    const text = file.lines[line] ?? "";
    const indentation = text.length - text.trimStart().length;
    const found = COMPARISON.exec(text)?.index ?? -1;
    const column = where === "operator" ? found + 1 : indentation + pick(text.length - indentation);
    if (text.trim() === "" || (where === "operator" && found < 0)) continue;
    const before = [...file.lines.slice(0, line), text.slice(0, column)].join("\n");
    const after = ["", ...file.lines.slice(line + 1)].join("\n");
    asked += 1;
    yield {
      rest: text.slice(column),
      request: {
        path: file.path,
        prefix: before.slice(-PREFIX_CHARACTERS),
        suffix: after.slice(0, SUFFIX_CHARACTERS),
        context: [],
        // Every second one ends where the model doubts, as what comes by itself does.
        trigger: asked % 2 === 0 ? "automatic" : "explicit",
        extent: "auto",
        maxTokens: MAX_TOKENS,
      },
    };
  }
}
