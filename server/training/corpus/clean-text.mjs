/** Turn a file into corpus text, or say why it is not fit for it. */

import { CORPUS } from "../settings.mjs";

/** @typedef {import('./choose-files.mjs').Language} Language */

const GENERATED =
  /@generated|do not (edit|modify)|auto-?generated|automatically generated|this file (was|is) generated/i;

/** Helpers and prologues that compilers and bundlers leave behind. */
const TRANSPILED =
  /__webpack_require__|\b_interopRequire|__esDecorate|__importStar\b|__importDefault\b|\b_interopDefault\b|var __create = Object\.create|regeneratorRuntime|_asyncToGenerator|var __defProp = |"__esModule"|'__esModule'|\b__extends\(|\b__awaiter\(|\b_classCallCheck\(|\b__decorate\(|\btslib_1\b|\bexports\.default = void 0|_jsxRuntime|\b_extends\(/;

const SOURCE_MAP_COMMENT = /^\/\/[#@] source(Mapping)?URL=/m;

/** Leading comment that only states a licence. */
const LICENCE_HEADER = /^\s*(\/\*[\s\S]*?\*\/|(?:\/\/.*\n)+|(?:#.*\n)+)/;

const isCode = (/** @type {Language} */ language) =>
  language === "typescript" || language === "javascript" || language === "declarations";

/**
 * Normalise line ends, blank space and licence headers.
 * @param {string} raw
 * @returns {string} text that ends with one newline
 */
export function cleanText(raw) {
  let text = raw
    .replace(/\r\n?/g, "\n")
    .replace(/^\uFEFF/, "")
    .replace(/^#!.*\n/, "");
  const header = text.match(LICENCE_HEADER);
  if (header && /licen[sc]e|copyright|\(c\)|SPDX/i.test(header[0])) {
    text = text.slice(header[0].length);
  }
  text = text
    .replace(/^["']use strict["'];?\n/, "")
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{3,}/g, "\n\n");
  return `${text.trim()}\n`;
}

/**
 * @param {string} raw the file as shipped
 * @param {string} text the same after {@link cleanText}
 * @param {Language} language
 * @returns {string | undefined} the reason to leave the file out, or undefined to keep it
 */
export function reasonToDrop(raw, text, language) {
  if (raw.includes("\uFFFD") || raw.includes("\0")) {
    return "not text";
  }
  if (text.length < CORPUS.smallestFile || text.length > CORPUS.largestFile) {
    return "size";
  }
  if (GENERATED.test(raw.slice(0, 1500))) {
    return "generated";
  }
  if (isCode(language) && (TRANSPILED.test(raw) || SOURCE_MAP_COMMENT.test(raw))) {
    return "transpiled";
  }
  const lines = text.split("\n");
  const average = text.length / lines.length;
  // Minified files have long lines, tables of data very short ones; prose may wrap late.
  if (language !== "markdown" && (average > 80 || average < 8)) {
    return "line length";
  }
  if (lines.some((line) => line.length > (language === "markdown" ? 2000 : 600))) {
    return "long line";
  }
  if (shareOfLetters(text) < (language === "json" ? 0.5 : 0.62)) {
    return "mostly symbols";
  }
  return undefined;
}

/** Share of letters, spaces and newlines in a sample of `text`. */
function shareOfLetters(/** @type {string} */ text) {
  let letters = 0;
  let looked = 0;
  for (let index = 0; index < text.length; index += 7) {
    const code = text.charCodeAt(index);
    looked++;
    if ((code > 64 && code < 91) || (code > 96 && code < 123) || code === 32 || code === 10 || code === 9) {
      letters++;
    }
  }
  return letters / looked;
}
