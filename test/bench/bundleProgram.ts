/** Bundles a program that a bench starts as a process of its own, as everything that ships is bundled. */
import { build } from "esbuild";

/** @param file the bundle */
export async function bundleProgram(source: string, file: string): Promise<void> {
  await build({
    entryPoints: [source],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["onnxruntime-*"],
    logLevel: "warning",
  });
}
