import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { basename, join } from "node:path";
import type { Digest } from "../provenance/primitives";
import type { Environment } from "../provenance/record";

export interface DescribeEnvironmentParameters {
  /** The bundles that run. */
  readonly bundlePaths: readonly string[];
  /** The folder of the installed package `onnxruntime-node`. */
  readonly runtimeDirectory: string;
  readonly threads: number;
}

/** What this device says runs the model. A statement, not a proof: whoever owns the device can say anything. */
export async function describeEnvironment(parameters: DescribeEnvironmentParameters): Promise<Environment> {
  const { bundlePaths, runtimeDirectory, threads } = parameters;
  const { version } = JSON.parse(await readFile(join(runtimeDirectory, "package.json"), "utf8")) as {
    version: string;
  };
  return {
    serverDigest: await serverDigestOf(bundlePaths),
    engine: {
      name: "onnxruntime-node",
      version,
      libraryDigest: (await sha256OfFile(nativeLibrary(runtimeDirectory))).toString("hex"),
    },
    executionProvider: "cpu",
    threads,
    platform: { os: process.platform, arch: process.arch },
    cpu: { model: cpus()[0]?.model.trim() ?? "unknown", features: await cpuFeatures() },
  };
}

/**
 * SHA-256 over the raw SHA-256 digests of the bundles, sorted by file name. Where they lie on this machine makes no
 * difference.
 */
export async function serverDigestOf(bundlePaths: readonly string[]): Promise<Digest> {
  const hash = createHash("sha256");
  const sorted = [...bundlePaths].sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  for (const path of sorted) hash.update(await sha256OfFile(path));
  return hash.digest("hex");
}

/** The library that the package's binding loads on this platform. */
function nativeLibrary(runtimeDirectory: string): string {
  const folder = join(runtimeDirectory, "bin", "napi-v6", process.platform, process.arch);
  const names = ["libonnxruntime.so.1", "libonnxruntime.1.dylib", "onnxruntime.dll"];
  const found = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`onnxruntime has no library for ${process.platform} ${process.arch}`);
  return found;
}

async function sha256OfFile(path: string): Promise<Buffer> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes: Buffer = chunk;
    hash.update(bytes);
  }
  return hash.digest();
}

/** Instruction sets that change how kernels add up, where the system says so (Linux); else none. */
async function cpuFeatures(): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  return featuresIn(text);
}

/** The arithmetic features among the flags of the first processor in the text of `/proc/cpuinfo`, sorted. */
export function featuresIn(cpuinfo: string): string[] {
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? "";
  const relevant = /^(?:sse4|avx|fma$|f16c$|amx|asimd|neon$|sve|fphp|i8mm$|bf16$)/;
  return [...new Set(flags.split(/\s+/).filter((flag) => relevant.test(flag)))].sort();
}
