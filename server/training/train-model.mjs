/** `npm run train:model`: rebuilds the embedded model from pinned inputs. */

import fs from "node:fs";
import path from "node:path";
import { readOptions, USAGE } from "./options.mjs";
import { missingRequirements, PYTHON } from "./requirements.mjs";
import { BUDGETS, SEED, TOKENIZER } from "./settings.mjs";
import { prepareCorpus, prepareRows, prepareStart, prepareTokenizer, runProgram, say } from "./stages.mjs";
import { tokenizerConfig } from "./tokenizer/learn-tokenizer.mjs";

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
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    console.log(USAGE);
    return;
  }
  const budget = BUDGETS[options.budget];
  const missing = missingRequirements(options.cache, options.budget);
  if (missing.length > 0) {
    throw new Error(missing.join("\n"));
  }
  const { isWanted } = options;
  const inCache = (/** @type {string[]} */ ...parts) => path.join(options.cache, ...parts);

  await prepareCorpus(options.cache);
  if (!isWanted("tokenizer")) {
    return;
  }
  const tokenizer = await prepareTokenizer(options.cache, options.start);
  if (!isWanted("rows")) {
    return;
  }
  const rows = await prepareRows(options.cache, tokenizer, budget.shape.context);
  if (!isWanted("training")) {
    return;
  }

  const checkpoint = inCache("run.pt");
  const validation = ["left", "middle"].flatMap((name) => [
    "--validate",
    `${name}=${path.join(rows, `val_${name}.bin`)}`,
  ]);
  const start = options.start && (await prepareStart(options.cache, options.start, python));
  await python("train.py", [
    ...flags({
      rows: path.join(rows, "train.bin"),
      out: checkpoint,
      log: inCache("run.log"),
      seed: SEED,
      vocab: TOKENIZER.vocabulary,
    }),
    ...flags({ minutes: options.minutes ?? budget.minutes, ...budget.shape, ...budget.training }),
    ...validation,
    ...(start ? [...flags(budget.continued), "--start", start] : []),
  ]);
  if (!isWanted("export")) {
    return;
  }

  say("export");
  await python("export_onnx.py", [checkpoint, options.out]);
  fs.copyFileSync(tokenizer, path.join(options.out, "tokenizer.json"));
  const config = `${JSON.stringify(tokenizerConfig(budget.shape.context), null, 1)}\n`;
  fs.writeFileSync(path.join(options.out, "tokenizer_config.json"), config);
  const reference = path.join(options.out, "reference.json");
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
  await runProgram(process.execPath, [check, options.out, "--time", "--report", inCache("check.json")]);
  if (!isWanted("evaluation")) {
    return;
  }

  say("evaluation");
  await tsx("write-pin.ts", [options.out]);
  await tsx("evaluation/evaluate.ts", [
    "--model",
    options.out,
    "--cache",
    options.cache,
    "--tune",
    "--out",
    inCache("gate.json"),
  ]);
  await tsx("write-pin.ts", [options.out, inCache("gate.json")]);
  await tsx("evaluation/evaluate.ts", [
    "--model",
    options.out,
    "--cache",
    options.cache,
    "--out",
    inCache("evaluation.json"),
  ]);
  if (!isWanted("card")) {
    return;
  }

  say("card");
  await tsx("card/write-card.ts", [
    "--model",
    options.out,
    "--cache",
    options.cache,
    ...(options.start ? ["--start", options.start] : []),
  ]);
  await tsx("write-pin.ts", [options.out, inCache("gate.json")]);
  say(`finished: ${options.out}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
