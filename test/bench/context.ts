/**
 * `npm run bench -- --context`: whether chunks of other files help a model, in files of this repository, which the
 * embedded model was not trained on. What is asked for is the rest of a line as its author wrote it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadModel, type Model } from "../../server/src/inference/engine/loadedModel";
import { Sequence } from "../../server/src/inference/graph/sequence";
import { fitChunks } from "../../server/src/inference/prompt/contextBudget";
import { ContextRing, type ContextSource } from "../../server/src/inference/prompt/contextRing";
import { healPrompt } from "../../server/src/inference/prompt/heal";
import { cutPrompt, encodePrompt } from "../../server/src/inference/prompt/prompt";
import type { Prompt } from "../../server/src/inference/suggestion";
import { DEFAULT_SETTINGS } from "../../server/src/protocol/settings";
import { ROOT, seededRandom } from "./replay/cursors";
import { row, Samples } from "./samples";

const SEED = 20_261_121;
/** How much text on either side of the cursor says which chunks are close to it, as in the language server. */
const AROUND = 1000;
/** What chunks take of a prompt that has no room left. */
const SHARE = 0.25;

interface Cursor {
  readonly source: ContextSource;
  readonly prefix: string;
  readonly suffix: string;
  /** What stands between the cursor and the end of its line, with the line break. */
  readonly expected: string;
  /** Chunks as the server chooses them for somebody who was in the files that this one imports. */
  readonly chunks: Prompt["context"];
}

interface Score {
  /** Of what is expected. */
  readonly bits: number;
  readonly isFirstWordRight: boolean;
}

/** Scores of cursors whose documents leave room for chunks, and of those where chunks displace the document. */
class Comparison {
  private readonly without: Score[] = [];
  private readonly with: Score[] = [];
  private readonly saved = new Samples();

  constructor(readonly name: string) {}

  get count(): number {
    return this.saved.count;
  }

  add(without: Score, quoting: Score): void {
    this.without.push(without);
    this.with.push(quoting);
    this.saved.add(without.bits - quoting.bits);
  }

  report(): void {
    const share = (scores: readonly Score[]): string =>
      `${((100 * scores.filter(({ isFirstWordRight }) => isFirstWordRight).length) / scores.length).toFixed(1)}%`;
    const bits = (scores: readonly Score[]): string =>
      (scores.reduce((sum, one) => sum + one.bits, 0) / scores.length).toFixed(2);
    row(this.name, `${this.count} cursors`);
    row("  bits of the rest of the line, without → with", `${bits(this.without)} → ${bits(this.with)}`);
    row("  bits saved", `${this.saved.mean.toFixed(2)} ± ${this.saved.error.toFixed(2)}`);
    row("  first word right, without → with", `${share(this.without)} → ${share(this.with)}`);
  }
}

/** @param cursors as many of each kind of document */
export async function benchContext(modelDirectory: string, cursors: number): Promise<void> {
  const model = await loadModel(modelDirectory, 2);
  const sequence = new Sequence(model.graph);
  const roomy = new Comparison("chunks in free room");
  const full = new Comparison(`chunks in ${SHARE} of a full prompt`);
  try {
    for (const cursor of drawCursors()) {
      if (roomy.count >= cursors && full.count >= cursors) {
        break;
      }
      const [alone, free, displaced] = prompts(model, cursor);
      const [comparison, quoting] = free.context.length > 0 ? [roomy, free] : [full, displaced];
      if (comparison.count >= cursors || quoting.context.length === 0) {
        continue;
      }
      const without = await score(model, sequence, alone, cursor.expected);
      comparison.add(without, await score(model, sequence, quoting, cursor.expected));
    }
    roomy.report();
    full.report();
  } finally {
    await model.graph.release();
  }
}

/** The prompt without chunks, with those that the document leaves room for, and with a share for them in any case. */
function prompts({ tokenizer, manifest }: Model, cursor: Cursor): readonly [Prompt, Prompt, Prompt] {
  const { source, prefix, suffix, chunks } = cursor;
  const request = { path: source.path, prefix, suffix };
  const budget = manifest.contextLength - DEFAULT_SETTINGS.maxTokens;
  const alone = cutPrompt(tokenizer, request, budget);
  const free = cutPrompt(tokenizer, { ...request, context: chunks }, budget);
  const length = (context: Prompt["context"]): number => {
    const { before, after } = encodePrompt(tokenizer, { path: null, prefix: "", suffix: "", context });
    return before.length + after.length;
  };
  const fitting = fitChunks(chunks, Math.floor(SHARE * budget), (chunk) => length([chunk]) - length([]));
  const displaced = { ...cutPrompt(tokenizer, request, budget - fitting.tokens), context: fitting.chunks };
  return [alone, free, displaced];
}

async function score(model: Model, sequence: Sequence, prompt: Prompt, expected: string): Promise<Score> {
  const { tokenizer, graph } = model;
  const { ids, healed } = healPrompt(tokenizer, prompt);
  const answer = tokenizer.encode(healed + expected);
  sequence.rewindTo(ids, ids.length - 1);
  const read = ids.slice(sequence.length, -1);
  if (read.length > 0) {
    await sequence.append(read, "last");
  }
  const logits = await sequence.append([ids.at(-1) ?? 0, ...answer.slice(0, -1)]);
  const size = graph.vocabularySize;
  const firstWord = healed.length + (/^\s*(?:[\p{L}\p{N}_$]+|\S)/u.exec(expected)?.[0].length ?? 0);
  let bits = 0;
  let written = 0;
  let isFirstWordRight = true;
  for (const [index, id] of answer.entries()) {
    const choices = logits.subarray(index * size, (index + 1) * size);
    bits += bitsOf(choices, id);
    if (written < firstWord && choices.indexOf(Math.max(...choices)) !== id) {
      isFirstWordRight = false;
    }
    written += tokenizer.decode([id]).length;
  }
  return { bits, isFirstWordRight };
}

/** Negative binary logarithm of the probability that `logits` give to `id`. */
function bitsOf(logits: Float32Array, id: number): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return (largest + Math.log(sum) - (logits[id] ?? 0)) / Math.LN2;
}

/** Cursors at pauses in lines of code, one after the other from all files, the same with every call. */
function* drawCursors(): Generator<Cursor> {
  const sources = readSources();
  const all = [...sources.values()];
  const random = seededRandom(SEED);
  const pick = (length: number): number => Math.floor(random() * length);
  for (let attempt = 0; attempt < 100_000; attempt += 1) {
    const source = all[pick(all.length)];
    if (source === undefined) {
      return;
    }
    const { text } = source;
    const start = text.lastIndexOf("\n", pick(text.length)) + 1;
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end);
    if (end < 0 || line.trim().length < 8 || /^(?:import|\}? from|\s*(?:\*|\/\*|\/\/))/.test(line)) {
      continue;
    }
    const pauses = [...line.matchAll(/(?<=[\s.(=,{[])\S/g)].map(({ index }) => index);
    const cursor = start + (pauses[pick(pauses.length)] ?? line.search(/\S/));
    const suffix = text.slice(end);
    const chunks = chunksFor(sources, source, cursor, pick);
    if (chunks.length === 0) {
      continue;
    }
    const expected = `${text.slice(cursor, end)}\n`;
    yield { source, prefix: text.slice(0, cursor), suffix, expected, chunks };
  }
}

/** The repository's sources in TypeScript, by path. */
function readSources(): ReadonlyMap<string, ContextSource> {
  const listed = execFileSync("git", ["ls-files", "server/src", "client/src", "test"], { cwd: ROOT });
  const paths = listed
    .toString()
    .split("\n")
    .filter((path) => path.endsWith(".ts") && existsSync(join(ROOT, path)));
  return new Map(
    paths.map((path) => [
      path,
      { id: path, repository: ROOT, path, text: readFileSync(join(ROOT, path), "utf8") },
    ]),
  );
}

/** Somebody had opened the files that a source imports, and was at two places in each. */
function chunksFor(
  sources: ReadonlyMap<string, ContextSource>,
  source: ContextSource,
  cursor: number,
  pick: (length: number) => number,
): Prompt["context"] {
  const ring = new ContextRing();
  for (const [, name = ""] of source.text.matchAll(/from "(\.[^"]+)"/g)) {
    const imported = sources.get(`${join(dirname(source.path), name)}.ts`);
    if (imported === undefined) {
      continue;
    }
    for (const offset of [0, pick(imported.text.length), pick(imported.text.length)]) {
      ring.touch(imported.id, offset);
    }
  }
  const around = source.text.slice(Math.max(0, cursor - AROUND), cursor + AROUND);
  const count = DEFAULT_SETTINGS.contextChunks;
  return ring.choose({ id: source.id, repository: ROOT, around, count }, (id) => sources.get(id) ?? null);
}
