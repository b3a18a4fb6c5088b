// Third-party notices of exactly what a package ships, and the check that each licence is one we may ship.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  // Asks that its own files stay under it and that whoever gets them learns where their source is: see `notices`.
  "MPL-2.0",
  "Unlicense",
]);

/** True when the SPDX expression can be met by allowed licences alone: any side of OR, every side of AND. */
export function isAllowed(expression: string): boolean {
  const plain = expression.replace(/[()]/g, " ").trim();
  return plain
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((id) => ALLOWED.has(id.trim())));
}

/** The package folders that the bytes of an esbuild metafile's outputs come from. */
export function bundledPackages(metafile: Metafile): string[] {
  const folders = new Set<string>();
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  for (const [input, { bytesInOutput }] of inputs) {
    // What was read and shaken out again is not shipped.
    if (bytesInOutput === 0) {
      continue;
    }
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found?.[1] !== undefined) {
      folders.add(found[1]);
    }
  }
  return [...folders].sort();
}

/** What a package ships of somebody else's that is no dependency of its own. */
export interface Shipped {
  readonly name: string;
  readonly licence: string;
  readonly text: string;
}

/**
 * The notices' text. Throws when a package has no licence text, no licence or one outside the list.
 * @param folders package folders below `root`
 */
export function notices(root: string, folders: readonly string[], others: readonly Shipped[] = []): string {
  const entries = folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const licence = typeof manifest.license === "string" ? manifest.license : "none";
    if (!isAllowed(licence)) {
      throw new Error(
        `${manifest.name} ${manifest.version} has the licence "${licence}", which may not be shipped.`,
      );
    }
    const name = `${manifest.name} ${manifest.version}`;
    const text = licenceText(join(root, folder));
    return { name, licence, text: licence.includes("MPL-2.0") ? `${sourceOf(name)}\n\n${text}` : text };
  });
  const unique = new Map([...entries, ...others].map((entry) => [entry.name, entry]));
  return [...unique.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, licence, text }) => `${"=".repeat(80)}\n${name} (${licence})\n${"=".repeat(80)}\n\n${text}\n`,
    )
    .join("\n");
}

/** What the Mozilla Public License 2.0 asks for in its section 3.2. */
function sourceOf(name: string): string {
  return `The source code of ${name} is in the package of that name and version at https://registry.npmjs.org; it is unchanged.`;
}

function licenceText(folder: string): string {
  const files = readdirSync(folder).filter((name) =>
    /^(licen[cs]e|notice|copying|third.?party.?notices)/i.test(name),
  );
  const texts = files.sort().map((name) => readFileSync(join(folder, name), "utf8").trim());
  if (texts.length > 0) {
    return texts.join("\n\n");
  }
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const source = manifest.repository?.url ?? manifest.repository ?? manifest.homepage;
  const standIn = Object.entries(STAND_INS).find(([id]) => String(manifest.license).split(" ").includes(id));
  if (source === undefined || standIn === undefined) {
    throw new Error(`${manifest.name} ships no licence text, and none can stand in for it.`);
  }
  return `The package ships no licence text of its own; it declares ${manifest.license}. Copyright: see ${source}\n\n${standIn[1]}`;
}

/** For packages that declare the MIT licence without its text (https://spdx.org/licenses/MIT.html). */
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** What the licence itself has files say that are under it (https://www.mozilla.org/MPL/2.0/, exhibit A). */
const MPL = `This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not
distributed with this file, You can obtain one at https://mozilla.org/MPL/2.0/.`;

/** This project's own, which is to be found with whatever ships these notices, too. */
const APACHE = readFileSync(join(import.meta.dirname, "..", "LICENSE"), "utf8").trim();

const STAND_INS: Readonly<Record<string, string>> = { MIT, "MPL-2.0": MPL, "Apache-2.0": APACHE };
