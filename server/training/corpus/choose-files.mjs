/** Which files of a package people wrote: its sources rather than what a build made of them. */

import fs from "node:fs";
import path from "node:path";

/** @typedef {'typescript' | 'javascript' | 'declarations' | 'json' | 'markdown' | 'css' | 'python'} Language */

/** @typedef {{ file: string, relative: string, language: Language }} Candidate */

const SKIPPED_FOLDERS =
  /^(node_modules|umd|fesm\w*|es5|bundles?|vendor|third_party|coverage|locales?|i18n|nls|fixtures|__fixtures__|__snapshots__|_types|_cjs|_esm|legacy|cdn|min|generated|__generated__|licenses?|\..*)$/i;
const SKIPPED_FILES =
  /\.min\.|\.d\.[mc]ts$|\.bundle\.|\.prod\.|-lock\.json$|\.map$|^(licen[cs]e|changelog|changes|history|third.?party.*|notice)\b.*\.md$|(^|\/)lodash\.js$|^build\/three\./i;

/** @type {ReadonlyArray<[RegExp, Language]>} */
const LANGUAGES = [
  [/\.d\.ts$/, "declarations"],
  [/\.(ts|tsx|mts|cts)$/, "typescript"],
  [/\.(js|mjs|jsx)$/, "javascript"],
  [/\.json$/, "json"],
  [/\.md$/, "markdown"],
  [/\.(css|scss|less)$/, "css"],
  [/\.py$/, "python"],
];

/** A package ships TypeScript sources when there is more of it (bytes) than a stray example. */
const ENOUGH_TYPESCRIPT = 20_000;

/** Packages whose declarations are their handwritten source. */
const WRITTEN_AS_DECLARATIONS = /^@types\/|^typescript$|^type-fest$/;

/**
 * @param {{ name: string, directory: string }} pkg
 * @returns {Candidate[]} ordered by path
 */
export function chooseFiles(pkg) {
  const all = candidates(pkg.directory);
  const of = (/** @type {Language} */ language) => all.filter((each) => each.language === language);
  const typescript = of("typescript");
  const javascript = of("javascript");
  const size = typescript.reduce((sum, each) => sum + fs.statSync(each.file).size, 0);
  /** @type {Candidate[]} */
  let code;
  if (size > ENOUGH_TYPESCRIPT) {
    code = typescript;
  } else if (WRITTEN_AS_DECLARATIONS.test(pkg.name)) {
    code = of("declarations");
  } else {
    code = oneModuleFlavour(javascript);
  }
  const documents = [
    ...of("markdown"),
    ...of("css"),
    ...of("json").filter((each) =>
      /^[\w-]*(package|tsconfig|config|schema)[\w.-]*\.json$/i.test(each.relative),
    ),
  ];
  return [...code, ...documents, ...of("python")];
}

/**
 * Packages often ship one source as several module flavours: keep the handwritten folder, else ES modules.
 * @param {Candidate[]} files
 */
function oneModuleFlavour(files) {
  const inSource = files.filter(
    ({ relative }) =>
      /^(src|source|lib|Source)\//.test(relative) && !/\/(cjs|umd|node|browser)\//.test(relative),
  );
  if (inSource.length > 2) {
    return inSource;
  }
  const modules = files.filter(({ relative }) =>
    /(^|\/)(esm|es|es6|es2015|module|src|source|lib-esm|modern)\//.test(relative),
  );
  if (modules.length > 2) {
    return modules;
  }
  return files.filter(({ relative }) => !/(^|\/)(cjs|umd|commonjs|browser|min)\//.test(relative));
}

/**
 * @param {string} root
 * @returns {Candidate[]}
 */
function candidates(root) {
  /** @type {Candidate[]} */
  const found = [];
  const visit = (/** @type {string} */ folder) => {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDERS.test(entry.name)) {
          visit(file);
        }
        continue;
      }
      const relative = path.relative(root, file).split(path.sep).join("/");
      if (!entry.isFile() || SKIPPED_FILES.test(relative) || SKIPPED_FILES.test(entry.name)) {
        continue;
      }
      const language = LANGUAGES.find(([pattern]) => pattern.test(entry.name))?.[1];
      if (language) {
        found.push({ file, relative, language });
      }
    }
  };
  visit(root);
  return found.sort((a, b) => (a.relative < b.relative ? -1 : 1));
}
