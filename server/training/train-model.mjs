/**
 * Rebuild the embedded model from pinned inputs.
 *
 *     npm run train:model -- --budget cpu|gpu [--minutes N] [--start MODEL_FOLDER]
 *                            [--cache FOLDER] [--out MODEL_FOLDER] [--until STAGE]
 *
 * Stages: corpus, tokenizer, rows, training, export, evaluation, card. Finished stages are skipped, and an
 * interrupted training goes on from its last checkpoint. `--start` continues from the weights and the
 * tokenizer of a released model instead of starting from nothing.
 */

import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { missingRequirements, PYTHON } from "./requirements.mjs";
import { BUDGETS, SEED, TOKENIZER } from "./settings.mjs";
import { prepareCorpus, prepareRows, prepareTokenizer, runProgram, say } from "./stages.mjs";
import { tokenizerConfig } from "./tokenizer/learn-tokenizer.mjs";

const STAGES = ["corpus", "tokenizer", "rows", "training", "export", "evaluation", "card"];
const PYTHON_CODE = path.join(import.meta.dirname, "python");

/**
 * On a CPU most of the time goes into fresh memory unless the allocator keeps what it has; waiting threads
 * sleep, so that training beside other work does not stall.
 */
const CPU_ENVIRONMENT = {
  MALLOC_MMAP_MAX_: "0",
  MALLOC_TRIM_THRESHOLD_: "100000000000",
  MALLOC_TOP_PAD_: "67108864",
  GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
  OMP_WAIT_POLICY: "passive",
};

const { values } = parseArgs({
  options: {
    budget: { type: "string" },
    minutes: { type: "string" },
    start: { type: "string" },
    cache: { type: "string", default: ".cache/training" },
    out: { type: "string", default: "server/models/proofline-code" },
    until: { type: "string", default: "card" },
  },
});

/** @param {string} name */
function python(name, /** @type {string[]} */ parameters) {
  return runProgram(PYTHON, [path.join(PYTHON_CODE, name), ...parameters], {
    env: { ...CPU_ENVIRONMENT, ...process.env, PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" },
  });
}

/** @param {string} name */
function tsx(name, /** @type {string[]} */ parameters) {
  return runProgram(process.execPath, [
    "--import",
    "tsx",
    path.join(import.meta.dirname, name),
    ...parameters,
  ]);
}

/** @param {Record<string, string | number>} values */
function flags(values) {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

async function main() {
  const budgetName = values.budget;
  if (budgetName !== "cpu" && budgetName !== "gpu") throw new Error("Choose --budget cpu or --budget gpu.");
  if (!STAGES.includes(values.until)) throw new Error(`--until is one of ${STAGES.join(", ")}.`);
  const budget = BUDGETS[budgetName];
  const missing = missingRequirements(values.cache, budgetName);
  if (missing.length > 0) throw new Error(missing.join("\n"));
  const isWanted = (/** @type {string} */ stage) => STAGES.indexOf(stage) <= STAGES.indexOf(values.until);
  const inCache = (/** @type {string[]} */ ...parts) => path.join(values.cache, ...parts);

  await prepareCorpus(values.cache);
  if (!isWanted("tokenizer")) return;
  const tokenizer = await prepareTokenizer(values.cache, values.start);
  if (!isWanted("rows")) return;
  const rows = await prepareRows(values.cache, tokenizer, budget.shape.context);
  if (!isWanted("training")) return;

  const checkpoint = inCache("run.pt");
  const validation = ["left", "middle"].flatMap((name) => [
    "--validate",
    `${name}=${path.join(rows, `val_${name}.bin`)}`,
  ]);
  if (values.start && !fs.existsSync(inCache("start.pt")))
    await python("weights_from_onnx.py", [values.start, inCache("start.pt")]);
  await python("train.py", [
    ...flags({
      rows: path.join(rows, "train.bin"),
      out: checkpoint,
      log: inCache("run.log"),
      seed: SEED,
      vocab: TOKENIZER.vocabulary,
    }),
    ...flags({ minutes: values.minutes ?? budget.minutes, ...budget.shape, ...budget.training }),
    ...(values.start ? flags(budget.continued) : []),
    ...validation,
    ...(values.start ? ["--start", inCache("start.pt")] : []),
  ]);
  if (!isWanted("export")) return;

  say("export");
  await python("export_onnx.py", [checkpoint, values.out]);
  fs.copyFileSync(tokenizer, path.join(values.out, "tokenizer.json"));
  const config = `${JSON.stringify(tokenizerConfig(budget.shape.context), null, 1)}\n`;
  fs.writeFileSync(path.join(values.out, "tokenizer_config.json"), config);
  const reference = path.join(values.out, "reference.json");
  const report = inCache("quantization.json");
  await python("measure_quantization.py", [
    checkpoint,
    ...validation,
    "--reference",
    reference,
    "--report",
    report,
  ]);
  const check = path.join(import.meta.dirname, "check-model.mjs");
  await runProgram(process.execPath, [check, values.out, "--time", "--report", inCache("check.json")]);
  if (!isWanted("evaluation")) return;

  say("evaluation");
  await tsx("write-pin.ts", [values.out]);
  await tsx("evaluation/evaluate.ts", [
    "--model",
    values.out,
    "--cache",
    values.cache,
    "--tune",
    "--out",
    inCache("gate.json"),
  ]);
  await tsx("write-pin.ts", [values.out, inCache("gate.json")]);
  await tsx("evaluation/evaluate.ts", [
    "--model",
    values.out,
    "--cache",
    values.cache,
    "--out",
    inCache("evaluation.json"),
  ]);
  if (!isWanted("card")) return;

  say("card");
  await tsx("card/write-card.ts", [
    "--model",
    values.out,
    "--cache",
    values.cache,
    ...(values.start ? ["--start", values.start] : []),
  ]);
  await tsx("write-pin.ts", [values.out, inCache("gate.json")]);
  say(`finished: ${values.out}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
