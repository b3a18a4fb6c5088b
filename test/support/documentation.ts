import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A path below the repository's top as our documentation writes it: in a code span, from one of these folders on. */
const PATH = /^(?:client|server|build|docs|media|test|\.github|\.vscode)\/[\w./-]*$/;

/** A name declared in a file: `name`, or `Class.member`. */
const NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?$/;

/** The code spans of a page outside its code blocks, in order. */
function codeSpans(markdown: string): string[] {
  return [...withoutBlocks(markdown).matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span);
}

function withoutBlocks(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, "");
}

/** Every path that a page names, in code spans and at the beginning of lines of its code blocks. */
export function pathsIn(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```\n(.*?)^```$/gms)].flatMap(([, block = ""]) => block.split("\n"));
  const leading = blocks.map((line) => line.split(/\s/)[0] ?? "");
  return [...codeSpans(markdown), ...leading].filter((span) => PATH.test(span));
}

/** Those of the paths that are not there. */
export function missingPaths(top: string, markdown: string): string[] {
  return pathsIn(markdown).filter((path) => !existsSync(join(top, path)));
}

/** A name that a page gives a source file directly after the file's path: "`path/file.ts` `name`". */
export interface NamedPlace {
  readonly path: string;
  readonly name: string;
}

export function namedPlaces(markdown: string): NamedPlace[] {
  return [...withoutBlocks(markdown).matchAll(/`([^`\s]+\.ts)`\s+`([^`]+)`/g)].flatMap(
    ([, path = "", name = ""]) => (NAME.test(name) ? [{ path, name }] : []),
  );
}

/** Whether the file declares the name at its top level, or as a member of a class that it declares there. */
export function declares(top: string, { path, name }: NamedPlace): boolean {
  if (!existsSync(join(top, path))) {
    return false;
  }
  const text = readFileSync(join(top, path), "utf8");
  const [outer = "", member] = name.split(".");
  const declaration = new RegExp(
    `^(?:export )?(?:default )?(?:abstract )?(?:async )?(?:function\\*?|const|let|class|interface|type) ${outer}\\b`,
    "m",
  );
  const start = declaration.exec(text)?.index;
  if (start === undefined) {
    return false;
  }
  if (member === undefined) {
    return true;
  }
  const end = text.indexOf("\n}", start);
  return new RegExp(
    `^  (?:(?:private|protected|readonly|static|async|get|set) )*${member}\\b[^\\n]*[(:=]`,
    "m",
  ).test(text.slice(start, end));
}
