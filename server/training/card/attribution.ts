/** One package in the corpus report. */
export interface UsedPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly use: string;
  readonly files: number;
  readonly characters: number;
}

/** `ATTRIBUTION.md`: every package that the corpus was made from, by licence. */
export function attribution(packages: readonly UsedPackage[]): string {
  const used = packages.filter(({ use, files }) => use === "corpus" && files > 0);
  const byLicence = new Map<string, UsedPackage[]>();
  for (const each of used) {
    byLicence.set(each.licence, [...(byLicence.get(each.licence) ?? []), each]);
  }
  const sections = [...byLicence]
    .sort(([, left], [, right]) => charactersOf(right) - charactersOf(left))
    .map(([licence, list]) => {
      const names = list.map(({ name, version }) => `${name}@${version}`).sort();
      return `## ${licence}\n\n${list.length} packages, ${megabytes(charactersOf(list))}\n\n${wrap(names)}\n`;
    });
  const head = `# Sources of the training corpus

The model learned from files of these ${used.length} npm packages, each under the licence that it declares in its
\`package.json\`. The files themselves are not part of this model. Each package's licence and copyright notices are
in the package; the versions are pinned by \`server/training/corpus.package-lock.json\`.
`;
  return [head, ...sections].join("\n");
}

/** Millions of characters, as the card writes them. */
export function megabytes(characters: number): string {
  return characters < 50_000 ? "under 0.1 MB" : `${(characters / 1e6).toFixed(1)} MB`;
}

export function charactersOf(packages: readonly UsedPackage[]): number {
  return packages.reduce((sum, { characters }) => sum + characters, 0);
}

/** Names in lines of at most 110 characters. */
function wrap(names: readonly string[]): string {
  const lines = [""];
  for (const name of names) {
    const last = lines[lines.length - 1] ?? "";
    const longer = last === "" ? `${name},` : `${last} ${name},`;
    if (longer.length > 110) {
      lines.push(`${name},`);
    } else {
      lines[lines.length - 1] = longer;
    }
  }
  return lines.join("\n").replace(/,$/, "");
}
