import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { cliManifest } from "../../../build/cliManifest.mjs";
import { deadLinks } from "../../../build/links.mjs";

const top = join(import.meta.dirname, "../../..");
const manifest = z.looseObject({}).parse(JSON.parse(readFileSync(join(top, "package.json"), "utf8")));
const { dependencies } = z.object({ dependencies: z.record(z.string(), z.string()) }).parse(manifest);

describe("the manifest of the package for npm", () => {
  it("has nothing that is the editor's, the tests' or the build's", () => {
    expect(Object.keys(cliManifest(manifest)).toSorted()).toEqual(
      ["bin", "dependencies", "description", "engines", "files", "keywords", "license", "name", "version"]
        .concat(["repository", "homepage", "bugs"].filter((key) => key in manifest))
        .toSorted(),
    );
    expect(cliManifest(manifest).engines).toEqual({
      node: z.looseObject({ node: z.string() }).parse(manifest.engines).node,
    });
  });

  it("says where its source is once the repository's own does", () => {
    const repository = { type: "git", url: "git+https://example.org/proofline.git" };
    expect(cliManifest({ ...manifest, repository }).repository).toEqual(repository);
  });

  it.each(["^1.30.0", "1.30.x", "latest"])(
    "is not made where a dependency could be another: %s",
    (version) => {
      const loose = { ...manifest, dependencies: { ...dependencies, "onnxruntime-node": version } };
      expect(() => cliManifest(loose)).toThrow(/onnxruntime-node is .+ which names no one version/);
    },
  );
});

it("the page of the package for npm names its version, and leads to nothing that is not there", () => {
  const text = readFileSync(join(top, "build/npm/README.md"), "utf8");
  expect(text).toContain(`proofline-${cliManifest(manifest).version}.tgz`);
  expect(deadLinks([{ path: "README.md", text }], new Set())).toEqual([]);
  const named = [...text.matchAll(/`(pipelines\/[\w.]+)`/g)].map(([, path = ""]) => path);
  expect(named.filter((path) => !existsSync(join(top, path)))).toEqual([]);
});
