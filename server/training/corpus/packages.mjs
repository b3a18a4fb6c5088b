/** The installed packages, with what the corpus needs to know about each. */

import fs from "node:fs";
import path from "node:path";
import { declaredLicence, isPermissive, namesRestrictiveLicence } from "./licences.mjs";

/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} version
 * @property {string} licence SPDX expression as declared
 * @property {boolean} accepted whether the licence lets it into the corpus
 * @property {string} directory
 */

/**
 * Every package below a node_modules folder, one version each, ordered by name.
 * @param {string} nodeModules
 * @returns {Package[]}
 */
export function installedPackages(nodeModules) {
  /** @type {Map<string, Package>} */
  const found = new Map();
  visit(nodeModules, found);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * @param {string} folder
 * @param {Map<string, Package>} found
 */
function visit(folder, found) {
  const entries = fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith(".")) {
      continue;
    }
    const directory = path.join(folder, entry.name);
    const manifest = readManifest(directory);
    if (!manifest) {
      if (entry.name.startsWith("@")) {
        visit(directory, found);
      }
      continue;
    }
    if (manifest.name && !found.has(manifest.name)) {
      const licence = declaredLicence(manifest);
      const accepted = isPermissive(licence) && !licenceTexts(directory).some(namesRestrictiveLicence);
      found.set(manifest.name, {
        name: manifest.name,
        version: String(manifest.version),
        licence,
        accepted,
        directory,
      });
    }
    const nested = path.join(directory, "node_modules");
    if (fs.existsSync(nested)) {
      visit(nested, found);
    }
  }
}

/** @param {string} directory */
function readManifest(directory) {
  try {
    return JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * The texts of a package's own licence files; lists of third-party notices do not count.
 * @param {string} directory
 * @returns {string[]}
 */
function licenceTexts(directory) {
  return fs
    .readdirSync(directory)
    .filter(
      (name) =>
        /^(licen[cs]e|copying)(\.\w+)?$/i.test(name) && fs.statSync(path.join(directory, name)).isFile(),
    )
    .map((name) => fs.readFileSync(path.join(directory, name), "utf8").slice(0, 3000));
}
