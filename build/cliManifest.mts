// The package.json of the command line as a package, which follows from the repository's own.
import * as z from "zod";

const Manifest = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  keywords: z.array(z.string()),
  engines: z.object({ node: z.string() }),
  dependencies: z.record(z.string(), z.string()),
  repository: z.unknown().optional(),
  homepage: z.string().optional(),
  bugs: z.unknown().optional(),
});

/**
 * What the bundles load from its own package. The native runtime lies there for every platform, and its binding and the portable runtime
 * have to find one and the same `onnxruntime-common`.
 */
const LOADED = ["onnxruntime-common", "onnxruntime-node"];

/** @param root the repository's package.json, parsed */
export function cliManifest(root: unknown) {
  const { name, version, license, keywords, engines, dependencies, ...where } = Manifest.parse(root);
  return {
    name,
    version,
    description: "Checkable AI suggestions: which model, which environment, which prompt, which output.",
    keywords,
    license,
    ...where,
    engines,
    bin: { proofline: "dist/cli.js", "proofline-server": "dist/server.js" },
    files: ["dist", "pipelines", "server/models", "THIRD_PARTY_NOTICES.txt"],
    dependencies: Object.fromEntries(LOADED.map((one) => [one, exactly(one, dependencies[one])])),
  };
}

/** @throws Error where a dependency has no version, or another might be installed in its place */
function exactly(name: string, version: string | undefined): string {
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`${name} is ${version ?? "no dependency"}, which names no one version.`);
  }
  return version;
}
