// Makes the command line as a package for npm, in the repository's top or in the folder that is named.
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { bundle, root } from "./bundle.mjs";
import { cliManifest } from "./cliManifest.mjs";
import { PORTABLE_RUNTIME } from "./contents.mjs";
import { deadLinks } from "./links.mjs";
import { Stage } from "./stage.mjs";

const Packed = z
  .array(
    z.object({
      filename: z.string(),
      unpackedSize: z.number(),
      files: z.array(z.object({ path: z.string() })),
    }),
  )
  .length(1);

const destination = resolve(process.argv[2] ?? root);
const path = join("out", "cli-package");
const stage = new Stage(path);
// Into the stage itself: whatever runs from dist/ meanwhile is left alone.
const metafile = await bundle({ outdir: join(path, "dist"), without: ["extension"] });
stage.copyModule("onnxruntime-web", PORTABLE_RUNTIME);
for (const part of ["LICENSE", "pipelines", join("server", "models", "proofline-code")]) {
  stage.copy(part);
}
stage.write("README.md", readFileSync(join(root, "build", "npm", "README.md"), "utf8"));
stage.write(
  "package.json",
  `${JSON.stringify(cliManifest(JSON.parse(readFileSync(join(root, "package.json"), "utf8"))), null, 2)}\n`,
);
stage.writeNotices(metafile);

const windows = process.platform === "win32";
const [packed] = Packed.parse(
  JSON.parse(
    execFileSync(
      windows ? "npm.cmd" : "npm",
      [
        "pack",
        "--json",
        "--ignore-scripts",
        "--pack-destination",
        windows ? `"${destination}"` : destination,
      ],
      { cwd: stage.folder, encoding: "utf8", shell: windows },
    ),
  ),
);
if (packed === undefined) {
  throw new Error("npm packed nothing.");
}
const files = packed.files.map((file) => file.path);
const pages = files
  .filter((file) => file.endsWith(".md") && !file.startsWith("dist/"))
  .map((file) => ({ path: file, text: stage.read(file) }));
const dead = deadLinks(pages, new Set(files));
if (dead.length > 0) {
  console.error(dead.join("\n"));
  process.exit(1);
}
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const { size } = statSync(join(destination, packed.filename));
console.log(`${packed.filename}: ${megabytes(size)}, ${megabytes(packed.unpackedSize)} unpacked`);
