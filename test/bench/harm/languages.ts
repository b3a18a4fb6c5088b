import { join } from "node:path";
import { ROOT } from "../replay/cursors";
import type { Language } from "./cursors";

/** Real sources: those that a machine with Node, Go, Python and a C++ compiler has anyway. */
export const LANGUAGES: readonly Language[] = [
  {
    name: "TypeScript",
    option: "typescript",
    grammar: "typescript",
    folder: join(ROOT, "node_modules"),
    isSource: (path) => path.endsWith(".ts") && !path.endsWith(".d.ts"),
  },
  {
    name: "JavaScript",
    option: "javascript",
    grammar: "javascript",
    folder: join(ROOT, "node_modules"),
    isSource: (path) => /(?<!\.min)\.[cm]?js$/.test(path) && !/\/(?:dist|esm|cjs|umd|_cjs|_esm)\//.test(path),
  },
  {
    name: "Go",
    option: "go",
    grammar: "go",
    folder: "/usr/share/go-1.19/src",
    isSource: (path) => path.endsWith(".go") && !path.includes("/testdata/"),
  },
  {
    name: "Python",
    option: "python",
    grammar: "python",
    folder: "/usr/lib/python3.11",
    isSource: (path) => path.endsWith(".py"),
  },
  {
    name: "C and C++",
    option: "cpp",
    grammar: "cpp",
    folder: "/usr/include",
    isSource: (path) => path.endsWith(".h"),
    opaque: /^\s*#/,
  },
];
