/**
 * Read the installed packages and write the corpus.
 *
 * Output, one JSON object `{package, path, language, text}` per line: `corpus.jsonl` in a seeded order,
 * `validation.jsonl` and `evaluation.jsonl` from the held-out packages. `report.json` says what was taken
 * from which package under which licence, and what was dropped why.
 */

import fs from "node:fs";
import path from "node:path";
import { hash52, seededRandom, shuffle } from "../random.mjs";
import { CORPUS, HELD_OUT, SEED } from "../settings.mjs";
import { chooseFiles } from "./choose-files.mjs";
import { cleanText, reasonToDrop } from "./clean-text.mjs";
import { DuplicateFilter } from "./duplicates.mjs";
import { installedPackages } from "./packages.mjs";

/** @typedef {{ package: string, path: string, language: import('./choose-files.mjs').Language, text: string }} Document */

/**
 * @typedef {object} PackageReport
 * @property {string} name
 * @property {string} version
 * @property {string} licence
 * @property {'corpus' | 'validation' | 'evaluation' | 'licence not accepted'} use
 * @property {number} files
 * @property {number} characters
 */

/**
 * @param {{ nodeModules: string, output: string, say?: (line: string) => void }} options
 */
export function buildCorpus({ nodeModules, output, say = () => {} }) {
  const useOf = (/** @type {string} */ name) => {
    if (HELD_OUT.validation.includes(name)) {
      return "validation";
    }
    return HELD_OUT.evaluation.includes(name) ? "evaluation" : "corpus";
  };
  const packages = installedPackages(nodeModules);
  // Held-out packages come first: a training file that repeats one of theirs is the one that goes.
  packages.sort((a, b) => Number(useOf(a.name) === "corpus") - Number(useOf(b.name) === "corpus"));
  const missing = [...HELD_OUT.validation, ...HELD_OUT.evaluation].filter(
    (name) => !packages.some((each) => each.name === name),
  );
  if (missing.length > 0) {
    throw new Error(
      `Held-out packages are not installed: ${missing.join(", ")}. Run npm ci with the corpus lock file.`,
    );
  }

  const duplicates = new DuplicateFilter();
  /** @type {Record<string, number>} */
  const dropped = {};
  /** @type {Record<'corpus' | 'validation' | 'evaluation', Document[]>} */
  const documents = { corpus: [], validation: [], evaluation: [] };
  for (const pkg of packages) {
    if (!pkg.accepted) {
      continue;
    }
    const use = useOf(pkg.name);
    let size = 0;
    for (const { file, relative, language } of chooseFiles(pkg)) {
      if (size > CORPUS.packageLimit) {
        break;
      }
      const stat = fs.statSync(file);
      const raw = stat.size > 2 * CORPUS.largestFile ? "" : fs.readFileSync(file, "utf8");
      const text = cleanText(raw);
      const reason = reasonToDrop(raw, text, language) ?? duplicates.check(text);
      if (reason) {
        dropped[reason] = (dropped[reason] ?? 0) + 1;
        continue;
      }
      size += text.length;
      documents[use].push({ package: pkg.name, path: relative, language, text });
    }
    if (size > 3_000_000) {
      say(`${pkg.name}: ${(size / 1e6).toFixed(1)} MB`);
    }
  }
  documents.corpus = shuffle(limitLanguages(documents.corpus, dropped), seededRandom(SEED));

  fs.mkdirSync(output, { recursive: true });
  for (const [use, list] of Object.entries(documents)) {
    writeLines(path.join(output, `${use}.jsonl`), list);
  }
  const report = summarize(packages, documents, dropped, useOf);
  fs.writeFileSync(path.join(output, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
  return report;
}

/**
 * Keep each limited language within its share, dropping files in an order that depends on their path only.
 * @param {Document[]} documents
 * @param {Record<string, number>} dropped
 */
function limitLanguages(documents, dropped) {
  const total = documents.reduce((sum, each) => sum + each.text.length, 0);
  const kept = new Set(documents);
  for (const [language, share] of Object.entries(CORPUS.languageShares)) {
    const own = documents
      .filter((each) => each.language === language)
      .map((each) => ({ each, order: hash52(`${each.package}/${each.path}`) }));
    let left = total * share;
    for (const { each } of own.sort((a, b) => a.order - b.order)) {
      left -= each.text.length;
      if (left >= 0) {
        continue;
      }
      kept.delete(each);
      dropped["language share"] = (dropped["language share"] ?? 0) + 1;
    }
  }
  return documents.filter((each) => kept.has(each));
}

/**
 * @param {string} file
 * @param {Document[]} documents
 */
function writeLines(file, documents) {
  const handle = fs.openSync(file, "w");
  for (const each of documents) {
    fs.writeSync(handle, `${JSON.stringify(each)}\n`);
  }
  fs.closeSync(handle);
}

/**
 * @param {import('./packages.mjs').Package[]} packages
 * @param {Record<'corpus' | 'validation' | 'evaluation', Document[]>} documents
 * @param {Record<string, number>} dropped
 * @param {(name: string) => 'corpus' | 'validation' | 'evaluation'} useOf
 */
function summarize(packages, documents, dropped, useOf) {
  /** @type {Map<string, PackageReport>} */
  const byName = new Map();
  for (const { name, version, licence, accepted } of packages) {
    byName.set(name, {
      name,
      version,
      licence,
      use: accepted ? useOf(name) : "licence not accepted",
      files: 0,
      characters: 0,
    });
  }
  /** @type {Record<string, Record<string, number>>} */
  const languages = {};
  for (const [use, list] of Object.entries(documents)) {
    languages[use] = {};
    for (const { package: name, language, text } of list) {
      const entry = /** @type {PackageReport} */ (byName.get(name));
      entry.files++;
      entry.characters += text.length;
      languages[use][language] = (languages[use][language] ?? 0) + text.length;
    }
  }
  const used = [...byName.values()].filter((each) => each.files > 0 || each.use === "licence not accepted");
  used.sort((a, b) => b.characters - a.characters || (a.name < b.name ? -1 : 1));
  return { languages, dropped, packages: used };
}
