// Makes a VSIX for one platform (default: this one) that holds only what runs: bundles, native parts, model, media.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createVSIX, listFiles, PackageManager } from "@vscode/vsce";
import { bundle, root } from "./bundle.mjs";
import { PACKAGED_PATHS } from "./contents.mjs";
import { deadLinks, packagedName, withPackagedNames } from "./links.mjs";
import { bundledPackages, notices } from "./notices.mjs";
import { tryOut } from "./tryOut.mjs";

/** VS Code's target names, and what onnxruntime calls the same platform. */
const PLATFORMS: Readonly<Record<string, string>> = {
  "linux-x64": "linux/x64",
  "linux-arm64": "linux/arm64",
  "darwin-arm64": "darwin/arm64",
  "win32-x64": "win32/x64",
};

/** On macOS the runtime's library lies in its package twice; this name is not the one that is loaded. */
const SECOND_NAME = /libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;

const target = process.argv[2] ?? `${process.platform}-${process.arch}`;
const platform = PLATFORMS[target];
if (platform === undefined) {
  console.error(`There is no package for ${target}. Choose one of ${Object.keys(PLATFORMS).join(", ")}.`);
  process.exit(2);
}

const stage = join(root, "out", "package");
rmSync(stage, { recursive: true, force: true });
mkdirSync(join(stage, "dist", "node_modules"), { recursive: true });

const metafile = await bundle();
for (const output of Object.keys(metafile.outputs)) {
  copy(output);
}
copy(join("dist", "grammars"));

const onnxruntime = join(root, "node_modules", "onnxruntime-node");
const onnxruntimeCommon = join(root, "node_modules", "onnxruntime-common");
const onnxruntimeWeb = join(root, "node_modules", "onnxruntime-web");
// Below dist/, so that the bundles' own require finds them and vsce does not take them for dependencies to prune.
copyModule(onnxruntime, ["package.json", "LICENSE", "dist", join("bin", "napi-v6", platform)]);
copyModule(onnxruntimeCommon, ["package.json", "LICENSE", "dist/cjs", "dist/esm"]);
// What `portable/v1` needs of it under Node; the rest is for browsers and GPUs.
copyModule(onnxruntimeWeb, [
  "package.json",
  "dist/ort.node.min.mjs",
  "dist/ort-wasm-simd-threaded.mjs",
  "dist/ort-wasm-simd-threaded.wasm",
]);

for (const path of PACKAGED_PATHS) {
  copy(path);
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
for (const key of [
  "dependencies",
  "devDependencies",
  "overrides",
  "allowScripts",
  "scripts",
  "bin",
  "private",
]) {
  delete manifest[key];
}
writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
const { source } = JSON.parse(readFileSync(join(root, "server/src/chain/eas/easContracts.json"), "utf8"));
writeFileSync(
  join(stage, "THIRD_PARTY_NOTICES.txt"),
  notices(
    root,
    [
      ...bundledPackages(metafile),
      relative(root, onnxruntime),
      relative(root, onnxruntimeCommon),
      relative(root, onnxruntimeWeb),
    ],
    [{ name: `${source.package} ${source.version}`, licence: source.license, text: source.licenseText }],
  ),
);

if (target === `${process.platform}-${process.arch}`) {
  tryOut(stage);
}

const packaged = await listFiles({ cwd: stage, packageManager: PackageManager.None });
const pages = packaged
  .filter((path) => path.endsWith(".md") && !path.startsWith("dist/"))
  .map((path) => ({ path, text: readFileSync(join(stage, path), "utf8") }))
  .map((page) => ({ ...page, text: withPackagedNames(page) }));
for (const { path, text } of pages) {
  writeFileSync(join(stage, path), text);
}
const dead = deadLinks(pages, new Set(packaged.map(packagedName)));
if (dead.length > 0) {
  console.error(dead.join("\n"));
  process.exit(1);
}

const packagePath = join(root, `proofline-${target}.vsix`);
await createVSIX({
  cwd: stage,
  packagePath,
  target,
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
  skipLicense: false,
});
console.log(`${relative(root, packagePath)}: ${(statSync(packagePath).size / 1e6).toFixed(1)} MB`);

function copy(path: string): void {
  cpSync(join(root, path), join(stage, path), { recursive: true });
}

function copyModule(folder: string, parts: readonly string[]): void {
  const name = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name;
  for (const part of parts) {
    if (!existsSync(join(folder, part))) {
      continue;
    }
    cpSync(join(folder, part), join(stage, "dist", "node_modules", name, part), {
      recursive: true,
      dereference: true,
      filter: (source) => !SECOND_NAME.test(source),
    });
  }
}
