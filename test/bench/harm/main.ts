/**
 * `npm run measure:harm`: what the embedded model's suggestions do to what stands behind the cursor, at cursors between brackets and
 * quotes that an editor closed, in real sources of five languages. Each cursor is asked twice: as by a person, and as what comes by
 * itself. A grammar of the language judges, not the product's own rules. Prints a table in Markdown, and fails where any does harm.
 *
 *     npm run measure:harm -- [--count 2000] [--seed 1] [--only python] [--typescript DIR] [--javascript DIR] [--go DIR] [--python DIR] [--cpp DIR] [--show]
 *
 * `--show` prints each suggestion that does harm. At one commit the same numbers come out wherever the same sources lie.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { complete } from "../../../server/src/inference/engine/complete";
import type { CompletionRequest } from "../../../server/src/inference/engine/engine";
import { loadModel, type Model } from "../../../server/src/inference/engine/loadedModel";
import { SequencePool } from "../../../server/src/inference/graph/sequencePool";
import { DEFAULT_CACHE_MEGABYTES, DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { ROOT, seededRandom } from "../replay/cursors";
import { type Cursor, cursorIn, KINDS, type Language, sourcesOf } from "./cursors";
import { HARMS, type Harm, harmOf } from "./harm";
import { LANGUAGES } from "./languages";
import { Judge } from "./tokens";

const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    typescript: { type: "string" },
    javascript: { type: "string" },
    go: { type: "string" },
    python: { type: "string" },
    cpp: { type: "string" },
    show: { type: "boolean", default: false },
  },
});

const EMBEDDED = join(ROOT, "server", "models", "proofline-code");
const THREADS = 1;
/** Files are tried again this often, where a language has few. */
const ROUNDS = 4;

interface Tally extends Record<Harm, number> {
  cursors: number;
  offered: number;
  characters: number;
  /** Offered to nobody, because it would do harm. */
  refused: number;
}

function emptyTally(): Tally {
  return {
    cursors: 0,
    offered: 0,
    characters: 0,
    refused: 0,
    unbalanced: 0,
    commentedOut: 0,
    doubled: 0,
    errors: 0,
  };
}

async function main(): Promise<void> {
  const model = await loadModel(EMBEDDED, THREADS);
  const tallies = new Map<string, Tally>();
  try {
    for (const language of LANGUAGES.filter(({ option }) => option === (options.only ?? option))) {
      const tally = emptyTally();
      tallies.set(language.name, tally);
      await measure(model, { ...language, folder: options[language.option] ?? language.folder }, tally);
    }
  } finally {
    await model.graph.release();
  }
  printTable(tallies);
  const harm = [...tallies.values()].some(
    ({ unbalanced, commentedOut, doubled }) => unbalanced + commentedOut + doubled > 0,
  );
  process.exitCode = harm ? 1 : 0;
}

async function measure(model: Model, language: Language, tally: Tally): Promise<void> {
  const random = seededRandom(Number(options.seed));
  const judge = await Judge.of(language.grammar);
  const files = sourcesOf(language, random);
  const wanted = Number(options.count) / LANGUAGES.length;
  const pool = new SequencePool(model.graph, DEFAULT_CACHE_MEGABYTES * 1e6);
  for (let at = 0; at < files.length * ROUNDS && tally.cursors < wanted; at += 1) {
    const kind = KINDS[tally.cursors % KINDS.length] ?? "empty";
    const cursor = cursorIn(judge, language, files[at % files.length] ?? "", kind, random);
    if (cursor !== null) {
      tally.cursors += 1;
      for (const trigger of ["explicit", "automatic"] as const) {
        await ask(model, pool, judge, cursor, trigger, tally);
      }
    }
  }
}

async function ask(
  model: Model,
  pool: SequencePool,
  judge: Judge,
  cursor: Cursor,
  trigger: "explicit" | "automatic",
  tally: Tally,
): Promise<void> {
  const { path, before, after } = cursor;
  const { maxTokens } = DEFAULT_SETTINGS;
  const request: CompletionRequest = {
    path,
    prefix: before,
    suffix: after,
    context: [],
    trigger,
    extent: "auto",
    maxTokens,
  };
  const outcome = await complete(model, pool, request, () => false);
  if (outcome.kind === "nothing") {
    // An earlier version, as it is measured for comparison, knows no such reason.
    tally.refused += Number(String(outcome.reason) === "harm");
    return;
  }
  const { displayed } = outcome.completion;
  tally.offered += 1;
  tally.characters += displayed.length;
  const harms = harmOf(judge, cursor, displayed);
  for (const harm of harms) {
    tally[harm] += 1;
  }
  if (options.show && harms.some((harm) => harm !== "errors")) {
    const [line, rest] = [before.slice(-160), after.slice(0, 80)];
    console.log(
      `\n${cursor.language}, ${path}, ${cursor.kind}, ${trigger}: ${harms.join(", ")}\n${line}⟦${displayed}⟧${rest}`,
    );
  }
}

function printTable(tallies: ReadonlyMap<string, Tally>): void {
  const total = emptyTally();
  const columns = ["cursors", "offered", "characters", "refused", ...HARMS] as const;
  console.log(`\n| language | ${columns.join(" | ")} |\n| --- |${" ---: |".repeat(columns.length)}`);
  for (const [name, tally] of tallies) {
    console.log(`| ${name} | ${columns.map((column) => tally[column]).join(" | ")} |`);
    for (const column of columns) {
      total[column] += tally[column];
    }
  }
  console.log(`| all | ${columns.map((column) => total[column]).join(" | ")} |`);
}

void main();
