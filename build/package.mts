// Makes a VSIX for one platform (default: this one) that holds only what runs: bundles, native parts, model, media.
import { readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { createVSIX, listFiles, PackageManager } from "@vscode/vsce";
import { bundle, root } from "./bundle.mjs";
import { PACKAGED_PATHS, PORTABLE_RUNTIME } from "./contents.mjs";
import { deadLinks, packagedName, withPackagedNames } from "./links.mjs";
import { Stage } from "./stage.mjs";
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

const stage = new Stage(join("out", "package"));
const metafile = await bundle();
for (const output of Object.keys(metafile.outputs)) {
  stage.copy(output);
}
stage.copy(join("dist", "grammars"));
stage.copyModule(
  "onnxruntime-node",
  ["package.json", "LICENSE", "dist", join("bin", "napi-v6", platform)],
  SECOND_NAME,
);
stage.copyModule("onnxruntime-common", ["package.json", "LICENSE", "dist/cjs", "dist/esm"]);
stage.copyModule("onnxruntime-web", PORTABLE_RUNTIME);

for (const path of PACKAGED_PATHS) {
  stage.copy(path);
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
stage.write("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
stage.writeNotices(metafile);

if (target === `${process.platform}-${process.arch}`) {
  tryOut(stage.folder);
}

const packaged = await listFiles({ cwd: stage.folder, packageManager: PackageManager.None });
const pages = packaged
  .filter((path) => path.endsWith(".md") && !path.startsWith("dist/"))
  .map((path) => ({ path, text: stage.read(path) }))
  .map((page) => ({ ...page, text: withPackagedNames(page) }));
for (const { path, text } of pages) {
  stage.write(path, text);
}
const dead = deadLinks(pages, new Set(packaged.map(packagedName)));
if (dead.length > 0) {
  console.error(dead.join("\n"));
  process.exit(1);
}

const packagePath = join(root, `proofline-${target}.vsix`);
await createVSIX({
  cwd: stage.folder,
  packagePath,
  target,
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
  skipLicense: false,
});
console.log(`${relative(root, packagePath)}: ${(statSync(packagePath).size / 1e6).toFixed(1)} MB`);
