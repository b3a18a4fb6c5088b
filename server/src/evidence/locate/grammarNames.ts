/** Which grammar reads files of which extension. Other files have none, and then white space is text. */
const GRAMMARS: Readonly<Record<string, string>> = {
  cjs: "javascript",
  cts: "typescript",
  go: "go",
  java: "java",
  js: "javascript",
  jsx: "javascript",
  mjs: "javascript",
  mts: "typescript",
  py: "python",
  pyi: "python",
  pyw: "python",
  rs: "rust",
  ts: "typescript",
  tsx: "tsx",
};

/** Whether a grammar could say anything about white space in a file. */
export function hasGrammar(path: string): boolean {
  return grammarOf(path) !== undefined;
}

/** The grammar of a file, by its extension. */
export function grammarOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  const extension = dot === -1 ? "" : name.slice(dot + 1).toLowerCase();
  return Object.hasOwn(GRAMMARS, extension) ? GRAMMARS[extension] : undefined;
}
