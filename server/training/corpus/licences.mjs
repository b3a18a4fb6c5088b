/** Which licences let a package's sources into the corpus. */

const PERMISSIVE = new Set([
  "MIT",
  "MIT-0",
  "ISC",
  "0BSD",
  "BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "Apache 2.0",
  "CC0-1.0",
  "Unlicense",
  "BlueOak-1.0.0",
]);

/** Titles that, in a licence file, contradict a permissive declaration. */
const RESTRICTIVE_TEXT =
  /GNU (AFFERO |LESSER )?GENERAL PUBLIC|Mozilla Public License|Server Side Public License|Business Source License|Commons Clause|Elastic License/i;

/**
 * The licence a package declares, in any of the forms package.json has known.
 * @param {{ license?: unknown, licenses?: unknown }} manifest
 * @returns {string} an SPDX expression, or '' when none is declared
 */
export function declaredLicence(manifest) {
  const { license, licenses } = manifest;
  if (typeof license === "string") {
    return license.trim();
  }
  if (license && typeof license === "object" && "type" in license) {
    return String(license.type);
  }
  const first = Array.isArray(licenses) ? licenses[0] : undefined;
  return typeof first === "string" ? first : String(first?.type ?? "");
}

/**
 * Whether an SPDX expression can be satisfied by permissive licences alone: one side of every OR, both
 * sides of every AND.
 * @param {string} expression
 * @returns {boolean}
 */
export function isPermissive(expression) {
  const plain = expression.replace(/[()]/g, " ").trim();
  if (!plain) {
    return false;
  }
  // A mixed expression would need its parentheses; refusing it is the safe reading.
  if (/ OR /.test(plain) && / AND /.test(plain)) {
    return false;
  }
  if (/ OR /.test(plain)) {
    return plain.split(/ OR /).some((part) => PERMISSIVE.has(part.trim()));
  }
  return plain.split(/ AND /).every((part) => PERMISSIVE.has(part.trim()));
}

/**
 * Whether the text of a licence file names a licence that is not permissive.
 * @param {string} text
 * @returns {boolean}
 */
export function namesRestrictiveLicence(text) {
  return RESTRICTIVE_TEXT.test(text);
}
