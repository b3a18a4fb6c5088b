/**
 * The steps from pinned packages to training rows. Each leaves a stamp of what it was made from and is skipped
 * while the stamp still agrees, so an interrupted rebuild goes on where it stopped.
 */

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { buildCorpus } from "./corpus/build-corpus.mjs";
import { hash52 } from "./random.mjs";
import { makeRows } from "./rows/make-rows.mjs";
import { CORPUS, HELD_OUT, SEED, TOKENIZER } from "./settings.mjs";
import { learnTokenizer } from "./tokenizer/learn-tokenizer.mjs";

const HERE = import.meta.dirname;

/** @param {string} line */
export function say(line) {
  console.error(`[${new Date().toISOString().slice(11, 19)}] ${line}`);
}

/**
 * @param {string} cache work folder
 * @param {string} name
 * @param {unknown} inputs what the result depends on
 * @param {() => Promise<unknown> | unknown} work
 */
async function stage(cache, name, inputs, work) {
  const stamp = path.join(cache, `${name}.stamp.json`);
  const wanted = JSON.stringify(inputs);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted) {
    say(`${name}: up to date`);
    return;
  }
  say(`${name}: started`);
  const began = Date.now();
  fs.rmSync(stamp, { force: true });
  await work();
  fs.writeFileSync(stamp, wanted);
  say(`${name}: done in ${Math.round((Date.now() - began) / 1000)} s`);
}

/**
 * Run a program and wait for it.
 * @param {string} program
 * @param {string[]} parameters
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<void>}
 */
export function runProgram(program, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { stdio: ["ignore", "inherit", "inherit"], ...options });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ${parameters[0]} ended with ${code}`)),
    );
  });
}

/**
 * Install the pinned packages and build the corpus from them.
 * @param {string} cache
 */
export async function prepareCorpus(cache) {
  fs.mkdirSync(cache, { recursive: true });
  const packages = path.join(cache, "packages");
  const lock = path.join(HERE, "corpus.package-lock.json");
  const pinned = hash52(fs.readFileSync(lock, "utf8"));
  await stage(cache, "packages", { pinned }, async () => {
    fs.mkdirSync(packages, { recursive: true });
    fs.copyFileSync(path.join(HERE, "corpus.package.json"), path.join(packages, "package.json"));
    fs.copyFileSync(lock, path.join(packages, "package-lock.json"));
    // No script of a package is ever run: its files are only read.
    await runProgram(
      "npm",
      [
        "ci",
        "--ignore-scripts",
        "--legacy-peer-deps",
        "--omit=optional",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
      ],
      { cwd: packages },
    );
  });
  await stage(cache, "corpus", { pinned, CORPUS, HELD_OUT, SEED, code: codeHash("corpus") }, () => {
    buildCorpus({
      nodeModules: path.join(packages, "node_modules"),
      output: path.join(cache, "corpus"),
      say,
    });
  });
}

/**
 * Learn the tokenizer, or keep that of the model the training starts from.
 * @param {string} cache
 * @param {string | undefined} startFrom folder of a released model
 */
export async function prepareTokenizer(cache, startFrom) {
  const folder = path.join(cache, "tokenizer");
  const kept = startFrom && hash52(fs.readFileSync(path.join(startFrom, "tokenizer.json"), "utf8"));
  await stage(
    cache,
    "tokenizer",
    { corpus: stampOf(cache, "corpus"), TOKENIZER, kept, code: codeHash("tokenizer") },
    async () => {
      fs.mkdirSync(folder, { recursive: true });
      if (startFrom) {
        fs.copyFileSync(path.join(startFrom, "tokenizer.json"), path.join(folder, "tokenizer.json"));
      } else {
        await learnTokenizer({ corpus: path.join(cache, "corpus", "corpus.jsonl"), folder });
      }
    },
  );
  return path.join(folder, "tokenizer.json");
}

/**
 * The weights of a released model as a checkpoint that training reads.
 * @param {string} cache
 * @param {string} startFrom folder of the released model
 * @param {(name: string, parameters: string[]) => Promise<void>} python runs a program of `python/`
 */
export async function prepareStart(cache, startFrom, python) {
  const checkpoint = path.join(cache, "start.pt");
  const pin = hash52(fs.readFileSync(path.join(startFrom, "pin.json"), "utf8"));
  await stage(cache, "start", { pin }, () => python("weights_from_onnx.py", [startFrom, checkpoint]));
  return checkpoint;
}

/**
 * Cut the corpus and the validation files into rows.
 * @param {string} cache
 * @param {string} tokenizer
 * @param {number} context
 */
export async function prepareRows(cache, tokenizer, context) {
  const folder = path.join(cache, "rows");
  await stage(
    cache,
    "rows",
    { tokenizer: stampOf(cache, "tokenizer"), context, code: codeHash("rows") },
    async () => {
      fs.mkdirSync(folder, { recursive: true });
      const rows = async (
        /** @type {string} */ corpus,
        /** @type {string} */ name,
        /** @type {object} */ options,
      ) => {
        const made = await makeRows({
          tokenizer,
          corpus: path.join(cache, "corpus", `${corpus}.jsonl`),
          output: path.join(folder, `${name}.bin`),
          context,
          ...options,
        });
        say(`${name}: ${made.rows} rows, ${(made.tokens / 1e6).toFixed(1)} M tokens`);
      };
      await rows("validation", "val_middle", { seed: 5, middles: 1, mark: true });
      await rows("validation", "val_left", { seed: 6, middles: 0 });
      await rows("corpus", "train", {});
    },
  );
  return folder;
}

/**
 * @param {string} cache
 * @param {string} name
 */
function stampOf(cache, name) {
  return hash52(fs.readFileSync(path.join(cache, `${name}.stamp.json`), "utf8"));
}

/** Hash of the code of a step: a change there makes its result again. */
function codeHash(/** @type {string} */ folder) {
  const files = fs.readdirSync(path.join(HERE, folder)).sort();
  return hash52(files.map((name) => fs.readFileSync(path.join(HERE, folder, name), "utf8")).join("\0"));
}
