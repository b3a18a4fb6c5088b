// Bundles the extension, the language server, the command line and their worker threads into dist/.
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * The hub's library imports the hashing of its upload protocol for that import's side effects, too. It has none, and
 * nothing here uploads: declared so, it stays out.
 * @type {import("esbuild").Plugin}
 */
const withoutUploads = {
  name: "without-uploads",
  setup({ onResolve, resolve }) {
    const mark = "without-uploads";
    onResolve({ filter: /^@huggingface\/xetchunk-wasm$/ }, async ({ path, pluginData, ...place }) => {
      if (pluginData === mark) {
        return undefined;
      }
      return { ...(await resolve(path, { ...place, pluginData: mark })), sideEffects: false };
    });
  },
};

/**
 * The verifier of TDX quotes names an implementation of elliptic curves and hashes for browsers. Under Node it uses Node's own.
 * @type {import("esbuild").Plugin}
 */
const withoutBrowsers = {
  name: "without-browsers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:elliptic|hash\.js)$/ }, ({ path, importer }) =>
      importer.includes("dcap-qvl") ? { path, namespace: "without-browsers" } : undefined,
    );
    onLoad({ filter: /./, namespace: "without-browsers" }, () => ({ contents: "module.exports = {};" }));
  },
};

/** `--watch` builds again with each change until it is ended, and says when; editors wait for that line. */
const watches = process.argv.includes("--watch");
/**
 * What few runs need is a file of its own, read when it is asked for: what reads it at every start starts later.
 * @type {import("esbuild").Plugin}
 */
const loadedLate = {
  name: "loaded-late",
  setup({ onResolve }) {
    onResolve({ filter: /\/(?:certificateChain|quoteRules|cli)$/ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path: `./${basename(path)}.js`, external: true } : undefined,
    );
  },
};

const options = /** @type {const} @satisfies {import("esbuild").BuildOptions} */ ({
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  outdir: "dist",
  // Native code, and code that exists only inside the editor, stays outside the bundles.
  external: ["vscode", "onnxruntime-*"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  sourcemap: watches || process.argv.includes("--sourcemap"),
  logLevel: watches ? "info" : "warning",
  // The ES modules of viem and the language server libraries can be tree-shaken.
  mainFields: ["module", "main"],
  plugins: [withoutUploads, withoutBrowsers, loadedLate],
  entryPoints: {
    extension: "client/src/extension.ts",
    server: "server/src/main.ts",
    cli: "server/src/cli.ts",
    hook: "server/src/hook.ts",
    inferenceWorker: "server/src/inference/engine/inferenceWorker.ts",
    verificationWorker: "server/src/workflows/thread/verificationWorker.ts",
    chainHost: "server/src/chain/embedded/hostProcess.ts",
    certificateChain: "server/src/models/signature/certificateChain.ts",
    quoteRules: "server/src/providers/tdx/quoteRules.ts",
  },
});

/** The grammars that tell white space without meaning from text, in the names of their package. */
const GRAMMARS = ["go", "java", "javascript", "python", "rust", "tsx", "typescript"];

/** @param {string} [outdir] */
async function copyGrammars(outdir = options.outdir) {
  const from = dirname(createRequire(import.meta.url).resolve("@vscode/tree-sitter-wasm"));
  const to = join(root, outdir, "grammars");
  await mkdir(to, { recursive: true });
  for (const file of ["tree-sitter.wasm", ...GRAMMARS.map((name) => `tree-sitter-${name}.wasm`)]) {
    await copyFile(join(from, file), join(to, file));
  }
}

/**
 * Writes the bundles and resolves to esbuild's account of what went into them.
 *
 * @param {{ outdir?: string, without?: readonly string[] }} [parameters] a folder other than dist/, by its path below the
 * repository's top; and the bundles that it does without
 */
export async function bundle({ outdir = options.outdir, without = [] } = {}) {
  await copyGrammars(outdir);
  const entryPoints = Object.fromEntries(
    Object.entries(options.entryPoints).filter(([name]) => !without.includes(name)),
  );
  const { metafile } = await build({ ...options, entryPoints, outdir, metafile: true });
  return metafile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (watches) {
    await copyGrammars();
    await (await context(options)).watch();
  } else {
    await bundle();
  }
}
