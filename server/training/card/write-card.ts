/**
 * Writes what describes a released model into its folder: README.md, ATTRIBUTION.md, evaluation.json and
 * training-curve.svg, all from files that the earlier stages left in the cache.
 *
 *     node --import tsx write-card.ts --model FOLDER --cache FOLDER
 */

import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readPin } from "../../src/models/pin/readPin";
import type { Evaluation } from "../evaluation/evaluate";
import { formatTable } from "../evaluation/table";
import { HELD_OUT } from "../settings.mjs";
import { attribution, charactersOf, megabytes, type UsedPackage } from "./attribution";
import { drawCurve, type LogEntry } from "./curve";

interface CorpusReport {
  readonly languages: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly packages: readonly UsedPackage[];
}

interface Config {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly intermediate_size: number;
  readonly head_dim: number;
  readonly max_position_embeddings: number;
}

type Quantization = Readonly<
  Record<"left" | "middle", { float32: number; shipped: number; increase: number }>
>;

interface Check {
  readonly againstReference: number;
  readonly tokenByToken: number;
  readonly promptMilliseconds: number;
  readonly tokenMilliseconds: number;
}

/** Files whose digests the card names; the pin covers every file. */
const DIGESTED = ["config.json", "onnx/model.onnx", "tokenizer.json", "tokenizer_config.json"];

function readJson<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(join(...parts), "utf8"));
}

/** Number of weights of a Llama with tied embeddings. */
function parametersOf(config: Config): number {
  const { hidden_size: width, intermediate_size: hidden, head_dim: head } = config;
  const attention = width * head * (2 * config.num_attention_heads + 2 * config.num_key_value_heads);
  return (
    config.vocab_size * width +
    config.num_hidden_layers * (attention + 3 * width * hidden + 2 * width) +
    width
  );
}

function sharesOf(sizes: Readonly<Record<string, number>>): string {
  const ordered = Object.entries(sizes).sort(([, left], [, right]) => right - left);
  return ordered.map(([name, size]) => `${name} ${megabytes(size)}`).join(", ");
}

function licencesOf(packages: readonly UsedPackage[]): string {
  const sizes: Record<string, number> = {};
  for (const { licence, characters } of packages) {
    sizes[licence] = (sizes[licence] ?? 0) + characters;
  }
  return sharesOf(sizes);
}

/** What the card says of the released model with whose weights the training began. */
async function beginningOf(folder: string): Promise<string> {
  const { manifest, manifestDigest } = await readPin(folder);
  const history = readFileSync(join(import.meta.dirname, "history.md"), "utf8").trim();
  return `It began with the weights and the tokenizer of the earlier release \`${manifest.name}\` with the manifest digest
\`${manifestDigest}\`.
${history}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      model: { type: "string", default: "server/models/proofline-code" },
      cache: { type: "string", default: ".cache/training" },
      start: { type: "string" },
    },
  });
  const { model, cache, start } = values;
  const config = readJson<Config>(model, "config.json");
  const report = readJson<CorpusReport>(cache, "corpus", "report.json");
  const quantization = readJson<Quantization>(cache, "quantization.json");
  const check = readJson<Check>(cache, "check.json");
  const evaluation = readJson<Evaluation>(cache, "evaluation.json");
  const log = readFileSync(join(cache, "run.log"), "utf8").trim().split("\n");
  const entries = log.map((line): LogEntry => JSON.parse(line));
  const last = entries[entries.length - 1];
  const used = report.packages.filter(({ use, files }) => use === "corpus" && files > 0);
  const digests = DIGESTED.map((path) => {
    const file = join(model, path);
    const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
    return `| \`${path}\` | ${statSync(file).size} | \`${sha256}\` |`;
  });

  writeFileSync(join(model, "training-curve.svg"), drawCurve(entries));
  writeFileSync(join(model, "ATTRIBUTION.md"), attribution(report.packages));
  copyFileSync(join(cache, "evaluation.json"), join(model, "evaluation.json"));
  const percent = (share: number): string => `${share >= 0 ? "+" : "−"}${Math.abs(100 * share).toFixed(2)}%`;
  const card = `---
license: apache-2.0
library_name: onnx
pipeline_tag: text-generation
tags: [code, fill-in-the-middle]
---

# proofline-code

A small code model that completes TypeScript and JavaScript on the processor of the machine you work on. It is
trained by the code in \`server/training/\`, on sources whose licences permit it.

- **Shape**: Llama decoder, ${(parametersOf(config) / 1e6).toFixed(1)} M parameters: width ${config.hidden_size}, ${config.num_hidden_layers} layers, ${config.num_attention_heads} heads over ${config.num_key_value_heads}
  key-value heads, SwiGLU ${config.intermediate_size}, vocabulary ${config.vocab_size}, tied embeddings, context ${config.max_position_embeddings} tokens.
- **Prompt**: \`<|fim_prefix|>[<|file_sep|>path\\n]<|fim_suffix|>SUFFIX<|fim_middle|>PREFIX\`; the model continues PREFIX.
  It has also seen chunks of neighbouring files, \`<|file_sep|>path\\nchunk\` before the path.
- **Numbers**: weights are stored as 8-bit integers with one scale per output row and restored to float32 when the
  model is loaded; everything is computed in float32. So results do not rest on integer instructions that differ
  between processors. Loss against float32 weights: ${percent(quantization.left.increase)} left to right, ${percent(quantization.middle.increase)} in the middle. One pass over a
  text against token by token: largest logit difference ${check.tokenByToken.toExponential(1)}; against PyTorch ${check.againstReference.toExponential(1)}.
- **Speed** on two cores of a server: ${check.promptMilliseconds.toFixed(0)} ms for a prompt of 400 tokens, ${check.tokenMilliseconds.toFixed(1)} ms for each token.

## Corpus

${megabytes(charactersOf(used))} of ${used.length} npm packages, pinned by \`server/training/corpus.package-lock.json\` and listed in
[ATTRIBUTION.md](ATTRIBUTION.md). By language: ${sharesOf(report.languages.corpus ?? {})}.
By licence: ${licencesOf(used)}.

A package is used only when its declared licence is permissive and its licence file does not say otherwise. Files
that were minified, generated or transpiled are left out, and so are duplicates and near-duplicates. Whole packages
are held out: ${HELD_OUT.evaluation.join(", ")} for the evaluation below, ${HELD_OUT.validation.join(", ")}
for the curve and the gate.

## Training

${((last?.tokens ?? 0) / 1e6).toFixed(1)} M tokens, Muon and AdamW, bfloat16 products, warm-up, constant rate, linear decay. Three quarters of the samples fill in
a middle: to the end of the line, inside a line, or a block of lines, one in five with nothing known below.

${start === undefined ? "The weights began at random." : await beginningOf(start)}

![Loss while training](training-curve.svg)

## Evaluation

${evaluation.places} places for each kind of cursor in held-out packages, asked exactly as the language server asks, each once with
the text below the cursor (*middle*) and once without it (*end of file*). *Exact*: the author's text, first try.
Without being asked, an answer is shown only as far as the joint probability of its tokens stays at ${evaluation.gate} or above.
*Suppressed*: nothing is left to show then. *Shown, characters*: how long what is shown is. *Precision of shown*: it is
the author's text or a beginning of it that ends between words; *first word of shown*: at least its first word is. The 5-gram model counted ${(evaluation.ngramTokens / 1e6).toFixed(0)} M tokens of the same corpus. Run it with \`npm run eval:model\`.

${formatTable(evaluation.results)}

## Limits

- It is very small. It knows idioms, the names in the file and the shape of code; it does not understand what a
  program does. Expect the rest of a line to be useful far more often than a block, and never trust either unread.
- It has seen TypeScript and JavaScript, a little CSS, JSON and Markdown, and hardly any Python. Other languages,
  and languages of people other than English, are noise to it.
- It knows nothing newer than its corpus, and it may repeat short passages of it. Names of packages, options and
  functions that it writes may not exist.
- It sees ${config.max_position_embeddings} tokens, about ${Math.round((config.max_position_embeddings * 3.3) / 100) * 100} characters, around the cursor.
- It writes what is likely, not what is safe. Nothing keeps it from suggesting code with a vulnerability.

## Files and pin

| file | bytes | SHA-256 |
| --- | ---: | --- |
${digests.join("\n")}

\`pin.json\` pins these and every other file of this folder, this card included; nothing is suggested from a folder
whose bytes differ from it. \`proofline model digest FOLDER\` prints the digests that evidence names.

## How to rebuild

\`npm run train:model -- --budget cpu\` (about two hours on two cores) or \`--budget gpu\` (a larger shape, about 25
minutes on one data-centre card). It needs Node 20, Python with torch, numpy and onnx, and 6 GB of disk; it says
what is missing before it starts, and goes on where it stopped. See \`server/training/README.md\`.
`;
  writeFileSync(join(model, "README.md"), card);
  console.log(`wrote the card of ${model}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
