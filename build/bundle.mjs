// Bundles the extension, the language server, the command line and their worker threads into dist/.
// Source maps are written only with --sourcemap, so that a package holds what runs and nothing else.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const watch = process.argv.includes("--watch");

/** Native code and code that only exists inside the editor stays outside the bundles. */
const external = ["vscode", "onnxruntime-node", "@foundry-rs/*"];

/** @type {import("esbuild").BuildOptions} */
const options = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  outdir: "dist",
  external,
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  treeShaking: true,
  legalComments: "none",
  sourcemap: process.argv.includes("--sourcemap"),
  logLevel: "warning",
  // vscode-languageserver and viem publish ES modules too; those can be tree-shaken.
  mainFields: ["module", "main"],
  entryPoints: {
    extension: "client/src/extension.ts",
    server: "server/src/main.ts",
    cli: "server/src/cli.ts",
    inferenceWorker: "server/src/inference/worker.ts",
    verificationWorker: "server/src/policy/worker.ts",
    chainHost: "server/src/chain/hostProcess.ts",
  },
};

if (watch) {
  await (await context(options)).watch();
} else {
  await build(options);
}
