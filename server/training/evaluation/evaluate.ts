/**
 * Measures the shipped model and two baselines on held-out packages.
 *
 *     npm run eval:model -- [--model FOLDER] [--places N] [--out FILE] [--tune] [--lengths 128,256,512,900]
 *
 * With `--lengths` the model alone is measured, with prompts of at most so many tokens each.
 *
 * With `--tune` the validation packages are used instead and the gate is searched: the lowest one with which what is
 * shown at a cursor that wants the rest of a line is right in `TUNED_PRECISION` of cases, for every kind and form.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { HELD_OUT, SEED } from "../settings.mjs";
import { prepareCorpus } from "../stages.mjs";
import { CopySuggester } from "./copy-suggester";
import { type Cursor, type Document, drawCursors, FORMS, KINDS } from "./cursors";
import { score } from "./measures";
import { ModelSuggester } from "./model-suggester";
import { NgramSuggester } from "./ngram-suggester";
import type { Suggester } from "./suggester";
import { type Answer, type Summary, summarize } from "./summary";
import { formatTable } from "./table";

/** Share of what is shown that the tuned gate makes right: more often than not, with a margin for other packages. */
const TUNED_PRECISION = 0.6;
/** The 5-gram model counts so many tokens of the corpus, more than it has; it needs about 12 bytes for each. */
const NGRAM_TOKENS = 60_000_000;
const GATES = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/** The kinds of cursor for which the gate is tuned. */
const LINE_KINDS = KINDS.filter((kind) => kind !== "block");

export interface Evaluation {
  readonly packages: readonly string[];
  readonly places: number;
  readonly gate: number;
  readonly ngramTokens: number;
  readonly results: readonly Summary[];
}

function readDocuments(file: string): Document[] {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line): Document => JSON.parse(line));
}

async function answersOf(suggester: Suggester, cursors: readonly Cursor[], gate: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [index, cursor] of cursors.entries()) {
    const { text, shown } = await suggester.suggest(cursor, gate);
    const bits = await suggester.bits(cursor);
    answers.push({ cursor, text, shown, bits, score: score(text, cursor), shownScore: score(shown, cursor) });
    if ((index + 1) % 100 === 0) {
      console.error(`${suggester.name}: ${index + 1} of ${cursors.length}`);
    }
  }
  return answers;
}

/** The lowest gate with which what is shown at these cursors is precise enough for every kind and form. */
async function tuneGate(model: ModelSuggester, cursors: readonly Cursor[]): Promise<number> {
  const groups = FORMS.flatMap((form) => LINE_KINDS.map((kind) => ({ form, kind })));
  for (const gate of GATES) {
    const precisions: number[] = [];
    const words: string[] = [];
    for (const { form, kind } of groups) {
      const own = cursors.filter((cursor) => cursor.form === form && cursor.kind === kind);
      let [shown, right] = [0, 0];
      for (const cursor of own) {
        const text = await model.shown(cursor, gate);
        if (text === "") {
          continue;
        }
        shown += 1;
        if (score(text, cursor).right) {
          right += 1;
        }
      }
      const precision = shown === 0 ? 1 : right / shown;
      precisions.push(precision);
      words.push(`${kind} ${form} ${shown} of ${own.length}, right ${(100 * precision).toFixed(1)}%`);
    }
    console.log(`gate ${gate.toFixed(2)}: ${words.join("; ")}`);
    if (Math.min(...precisions) >= TUNED_PRECISION) {
      return gate;
    }
  }
  return 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      model: { type: "string", default: "server/models/proofline-code" },
      cache: { type: "string", default: ".cache/training" },
      places: { type: "string", default: "150" },
      out: { type: "string" },
      tune: { type: "boolean", default: false },
      lengths: { type: "string" },
    },
  });
  await prepareCorpus(values.cache);
  const corpus = join(values.cache, "corpus");
  const model = await ModelSuggester.load(values.model, 2);
  const documents = readDocuments(join(corpus, values.tune ? "validation.jsonl" : "evaluation.jsonl"));
  const cursors = drawCursors(documents, Number(values.places), SEED);
  if (values.tune) {
    const gate = await tuneGate(model, cursors);
    if (values.out) {
      writeFileSync(values.out, `${JSON.stringify({ gate })}\n`);
    }
    await model.release();
    return;
  }
  const { gate } = model;
  if (values.lengths !== undefined) {
    const summaries: Summary[] = [];
    for (const length of values.lengths.split(",").map(Number)) {
      const suggester = model.withPrompts(length);
      const own = await answersOf(suggester, cursors, gate);
      summaries.push(...FORMS.map((form) => summarize(suggester.name, own, { form })));
    }
    console.log(formatTable(summaries));
    await model.release();
    return;
  }
  const answers: [Suggester, Answer[]][] = [[model, await answersOf(model, cursors, gate)]];
  const ngrams = await NgramSuggester.load(
    join(values.model, "tokenizer.json"),
    join(corpus, "corpus.jsonl"),
    NGRAM_TOKENS,
  );
  for (const baseline of [ngrams, new CopySuggester()]) {
    answers.push([baseline, await answersOf(baseline, cursors, gate)]);
  }
  const results = answers.flatMap(([suggester, own]) =>
    FORMS.flatMap((form) => KINDS.map((kind) => summarize(suggester.name, own, { form, kind }))),
  );
  const evaluation: Evaluation = {
    packages: HELD_OUT.evaluation,
    places: Number(values.places),
    gate,
    ngramTokens: ngrams.tokens,
    results,
  };
  console.log(formatTable(results));
  if (values.out) {
    writeFileSync(values.out, `${JSON.stringify(evaluation, null, 1)}\n`);
  }
  await model.release();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
