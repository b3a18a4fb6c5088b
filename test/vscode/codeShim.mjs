#!/usr/bin/env node
// Stands in for the `code` executable where there is no desktop: takes the arguments that @vscode/test-electron
// gives it, and runs the same tests in the extension host of a code-server that a headless browser shows.
import { register } from "tsx/esm/api";

register();
const { runInCodeServer } = await import("./codeShim.ts");
process.exit(await runInCodeServer(process.argv.slice(2)));
