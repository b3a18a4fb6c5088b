import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";

/** A source file and the files that it imports, all by their paths below the repository's top. */
export interface SourceFile {
  readonly path: string;
  readonly imports: readonly string[];
}

/**
 * Which rooms of the server each room may import from, as `docs/architecture.md` draws it: arrows run down only.
 * `entry` are the files that lie in no room.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  protocol: ["platform"],
  models: ["protocol", "platform"],
  chain: ["protocol", "platform"],
  inference: ["models", "protocol", "platform"],
  evidence: ["inference", "protocol", "platform"],
  providers: ["inference", "models", "protocol", "platform"],
  policy: ["evidence", "chain", "providers", "inference", "models", "protocol", "platform"],
  workflows: ["policy", "evidence", "chain", "providers", "inference", "models", "protocol", "platform"],
  lsp: [
    ...["workflows", "policy", "evidence", "chain", "providers"],
    ...["inference", "models", "protocol", "platform"],
  ],
  cli: [
    ...["workflows", "policy", "evidence", "chain", "providers"],
    ...["inference", "models", "protocol", "platform"],
  ],
  entry: ["lsp", "cli", "workflows", "inference", "protocol", "platform"],
};

/** Packages that only the language server and the messages between it and the client may know. */
const LANGUAGE_SERVER_PACKAGE = /^vscode(?:-language|-jsonrpc|$)/;
const MESSAGES = /^server\/src\/protocol\/messages(?:\.ts$|\/)/;

/** Reads every source file of client and server with what it imports; packages keep their names. */
export function sourceFiles(top: string): SourceFile[] {
  return ["client/src", "server/src"].flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => posix.join(folder, path.split(sep).join("/")))
      .map((path) => ({ path, imports: importsOf(top, path) })),
  );
}

/** What one source file imports. */
export function importsOf(top: string, path: string): string[] {
  const text = readFileSync(join(top, path), "utf8");
  const specifiers = [...text.matchAll(/\bfrom "([^"]+)"|\bimport\("([^"]+)"\)|^import "([^"]+)"/gm)].map(
    ([, from, dynamic, bare]) => from ?? dynamic ?? bare ?? "",
  );
  return specifiers.map((specifier) =>
    specifier.startsWith(".") ? resolved(top, path, specifier) : specifier,
  );
}

function resolved(top: string, from: string, specifier: string): string {
  const base = join(top, dirname(from), specifier);
  const file = [base, `${base}.ts`, join(base, "index.ts")].find(
    (one) => /\.\w+$/.test(one) && existsSync(one),
  );
  return relative(top, file ?? base)
    .split(sep)
    .join("/");
}

/** A sentence for each import that runs against the arrows. */
export function wrongImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.flatMap((target) => {
      const problem = path.startsWith("client/") ? clientProblem(target) : serverProblem(path, target);
      return problem === null ? [] : [`${path} imports ${target}: ${problem}`];
    }),
  );
}

function clientProblem(target: string): string | null {
  return target.startsWith("server/") && !target.startsWith("server/src/protocol/")
    ? "of the server, the client may import protocol/ alone"
    : null;
}

function serverProblem(path: string, target: string): string | null {
  const room = roomOf(path);
  if (target.startsWith("client/")) {
    return "the server knows nothing of the client";
  }
  if (
    LANGUAGE_SERVER_PACKAGE.test(target) &&
    room !== "lsp" &&
    !MESSAGES.test(path) &&
    path !== "server/src/main.ts"
  ) {
    return "only lsp/ and the messages know the Language Server Protocol";
  }
  if (target === "vscode") {
    return "the server does not run in the editor";
  }
  if (MESSAGES.test(target) && room !== "lsp" && room !== "protocol") {
    return "the messages between client and server are for lsp/ alone";
  }
  if (!target.startsWith("server/src/")) {
    return null;
  }
  const other = roomOf(target);
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) {
    return `${room}/ is no room of the house: say in test/support/imports.ts what it may import`;
  }
  return other === room || allowed.includes(other) ? null : `${room} may not import ${other}`;
}

function roomOf(path: string): string {
  const [first = "", second] = path.slice("server/src/".length).split("/");
  return second === undefined ? "entry" : first;
}

/** Every circle of imports, as its files in order. */
export function importCircles(files: readonly SourceFile[]): string[][] {
  const importsOfFile = new Map(files.map(({ path, imports }) => [path, imports]));
  const circles: string[][] = [];
  const finished = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) {
      circles.push([...way.slice(at)]);
    }
    if (at >= 0 || finished.has(path)) {
      return;
    }
    for (const next of importsOfFile.get(path) ?? []) {
      visit(next, [...way, path]);
    }
    finished.add(path);
  };
  for (const { path } of files) {
    visit(path, []);
  }
  return circles;
}
