/** What a package holds as it lies in the repository, besides what is built for it. */
export const PACKAGED_PATHS = [
  "server/models",
  "media",
  "docs",
  "package.nls.json",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ".vscodeignore",
] as const;
