/**
 * Measures the shipped model and two baselines on held-out packages.
 *
 *     npm run eval:model -- [--model FOLDER] [--places N] [--out FILE] [--tune]
 *
 * With `--tune` the validation packages are used instead and the confidence gate is searched: the lowest one with
 * which what is shown to the end of a line is right in `TUNED_PRECISION` of cases.
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

/** Share of shown answers to line ends that the tuned gate makes right: more often than not, with a margin. */
const TUNED_PRECISION = 0.55;
/** Tokens of the corpus that the 5-gram model counts; it needs about 12 bytes for each. */
const NGRAM_TOKENS = 24_000_000;
const GATES = Array.from({ length: 39 }, (_, index) => (index + 1) / 40);

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

async function answersOf(suggester: Suggester, cursors: readonly Cursor[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [index, cursor] of cursors.entries()) {
    const { text, confidence } = await suggester.suggest(cursor);
    const bits = await suggester.bits(cursor);
    answers.push({ cursor, text, confidence, bits, score: score(text, cursor) });
    if ((index + 1) % 100 === 0) console.error(`${suggester.name}: ${index + 1} of ${cursors.length}`);
  }
  return answers;
}

/** The lowest gate with which these answers, all to line ends, are precise enough. */
function tuneGate(answers: readonly Answer[]): number {
  for (const gate of GATES) {
    const shown = answers.filter(({ text, confidence }) => text !== "" && confidence >= gate);
    const right = shown.filter((answer) => answer.score.right).length;
    const precision = shown.length === 0 ? 1 : right / shown.length;
    console.log(
      `gate ${gate.toFixed(3)}: shown ${shown.length} of ${answers.length}, right ${(100 * precision).toFixed(1)}%`,
    );
    if (precision >= TUNED_PRECISION) return gate;
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
    },
  });
  await prepareCorpus(values.cache);
  const corpus = join(values.cache, "corpus");
  const model = await ModelSuggester.load(values.model, 2);
  const documents = readDocuments(join(corpus, values.tune ? "validation.jsonl" : "evaluation.jsonl"));
  const cursors = drawCursors(documents, Number(values.places), SEED);
  if (values.tune) {
    const toLineEnd = cursors.filter(({ kind }) => kind !== "block");
    const gate = tuneGate(await answersOf(model, toLineEnd));
    if (values.out) writeFileSync(values.out, `${JSON.stringify({ gate })}\n`);
    await model.release();
    return;
  }
  const ofModel = await answersOf(model, cursors);
  const ngrams = await NgramSuggester.load(
    join(values.model, "tokenizer.json"),
    join(corpus, "corpus.jsonl"),
    NGRAM_TOKENS,
  );
  const all: [Suggester, Answer[], number][] = [[model, ofModel, model.gate]];
  for (const baseline of [ngrams, new CopySuggester()])
    all.push([baseline, await answersOf(baseline, cursors), model.gate]);
  const results = all.flatMap(([suggester, answers, gate]) =>
    FORMS.flatMap((form) => KINDS.map((kind) => summarize(suggester.name, answers, { form, kind }, gate))),
  );
  const evaluation: Evaluation = {
    packages: HELD_OUT.evaluation,
    places: Number(values.places),
    gate: model.gate,
    ngramTokens: ngrams.tokens,
    results,
  };
  console.log(formatTable(results));
  if (values.out) writeFileSync(values.out, `${JSON.stringify(evaluation, null, 1)}\n`);
  await model.release();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
