import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { factsDigest } from "../../../server/src/evidence/format/leaf";
import {
  describeEnvironment,
  featuresIn,
  serverDigestOf,
} from "../../../server/src/inference/engine/environment";
import { PORTABLE_LIBRARY_DIGEST } from "../../../server/src/inference/graph/runtime";
import { Environment } from "../../../server/src/inference/suggestion";
import { EXECUTION_PROVIDERS } from "../../../server/src/protocol/executionProvider";

const sha256 = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();

function bundles(contents: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "proofline-bundles-"));
  return Object.entries(contents).map(([name, content]) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  });
}

describe("the environment", () => {
  it("digests the bundles by name order, wherever they lie", async () => {
    const expected = sha256(Buffer.concat([sha256("one"), sha256("two")])).toString("hex");
    expect(await serverDigestOf(bundles({ "a.js": "one", "b.js": "two" }))).toBe(expected);
    expect(await serverDigestOf(bundles({ "b.js": "two", "a.js": "one" }))).toBe(expected);
    expect(await serverDigestOf(bundles({ "a.js": "one", "b.js": "twe" }))).not.toBe(expected);
  });

  it("states the installed runtime and its library, as the schema wants it", async () => {
    const described = await describeEnvironment({
      bundlePaths: bundles({ "a.js": "" }),
      profile: "native/v1",
      threads: 2,
    });
    const environment = { ...described, executionProvider: "cpu" };
    expect(Environment.parse(environment)).toEqual(environment);
    expect(environment).toMatchObject({
      engine: { name: "onnxruntime-node", version: "1.30.0" },
      platform: { os: process.platform, arch: process.arch },
      threads: 2,
    });
  });

  it("has another digest for each provider that ran", async () => {
    const parameters = { bundlePaths: bundles({ "a.js": "" }), profile: "native/v1", threads: 2 } as const;
    const described = await describeEnvironment(parameters);
    const digests = EXECUTION_PROVIDERS.map((executionProvider) =>
      factsDigest({ ...described, executionProvider }),
    );
    expect(new Set(digests).size).toBe(EXECUTION_PROVIDERS.length);
  });

  it("states the WebAssembly module, its one thread included, under portable/v1", async () => {
    const described = await describeEnvironment({
      bundlePaths: bundles({ "a.js": "" }),
      profile: "portable/v1",
      threads: 2,
    });
    const environment = { ...described, executionProvider: "wasm" };
    expect(Environment.parse(environment)).toEqual(environment);
    expect(environment).toMatchObject({
      engine: { name: "onnxruntime-web", version: "1.30.0", libraryDigest: PORTABLE_LIBRARY_DIGEST },
      executionProvider: "wasm",
      threads: 1,
    });
  });

  it("reads arithmetic features on x86 and ARM, sorted", () => {
    expect(featuresIn("processor: 0\nflags\t\t: fpu sse4_2 fma avx2 avx hypervisor avx512_vnni\n")).toEqual([
      "avx",
      "avx2",
      "avx512_vnni",
      "fma",
      "sse4_2",
    ]);
    expect(featuresIn("Features\t: fp asimd asimddp i8mm bf16 crc32\n")).toEqual([
      "asimd",
      "asimddp",
      "bf16",
      "i8mm",
    ]);
    expect(featuresIn("")).toEqual([]);
  });
});
