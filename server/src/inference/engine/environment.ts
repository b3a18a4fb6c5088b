import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { basename, dirname, join } from "node:path";
import { toDigest } from "../../platform/digests";
import { unreachable } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import type { ExecutionProfile } from "../../protocol/executionProfile";
import { portableLibrary } from "../graph/runtime";
import type { Environment } from "../suggestion";

export interface DescribeEnvironmentParameters {
  /** The bundles that run. */
  readonly bundlePaths: readonly string[];
  readonly profile: ExecutionProfile;
  /** As many as a profile that leaves the number open may use. */
  readonly threads: number;
}

/**
 * What this device says runs the model, but for the execution provider, which is known once the model is loaded. A
 * statement, not a proof: whoever owns the device can say anything.
 */
export async function describeEnvironment(
  parameters: DescribeEnvironmentParameters,
): Promise<Omit<Environment, "executionProvider">> {
  const { bundlePaths, profile } = parameters;
  const { name, directory, library, threads } = engineOf(profile, parameters.threads);
  const { version } = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as {
    version: string;
  };
  return {
    serverDigest: await serverDigestOf(bundlePaths),
    engine: { name, version, libraryDigest: toDigest(await sha256OfFile(library)) },
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
  for (const path of sorted) {
    hash.update(await sha256OfFile(path));
  }
  return toDigest(hash.digest());
}

interface InstalledEngine extends Pick<Environment, "threads"> {
  readonly name: Environment["engine"]["name"];
  /** The folder of the installed package. */
  readonly directory: string;
  /** The file that holds the kernels. */
  readonly library: string;
}

function engineOf(profile: ExecutionProfile, threads: number): InstalledEngine {
  switch (profile) {
    case "native/v1": {
      const directory = dirname(require.resolve("onnxruntime-node/package.json"));
      const library = nativeLibrary(directory);
      return { name: "onnxruntime-node", directory, library, threads };
    }
    case "portable/v1": {
      const library = portableLibrary();
      const directory = dirname(dirname(library));
      return { name: "onnxruntime-web", directory, library, threads: 1 };
    }
    default:
      return unreachable(profile);
  }
}

/** The library that the package's binding loads on this platform. */
function nativeLibrary(runtimeDirectory: string): string {
  const folder = join(runtimeDirectory, "bin", "napi-v6", process.platform, process.arch);
  const names = ["libonnxruntime.so.1", "libonnxruntime.1.dylib", "onnxruntime.dll"];
  const found = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(`onnxruntime has no library for ${process.platform} ${process.arch}`);
  }
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
  if (process.platform !== "linux") {
    return [];
  }
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  return featuresIn(text);
}

/** The arithmetic features among the flags of the first processor in the text of `/proc/cpuinfo`, sorted. */
export function featuresIn(cpuinfo: string): string[] {
  const relevant = /^(?:sse4|avx|fma$|f16c$|amx|asimd|neon$|sve|fphp|i8mm$|bf16$)/;
  return [...new Set((flagsIn(cpuinfo) ?? []).filter((flag) => relevant.test(flag)))].sort();
}

/** The flags of the first processor in the text of `/proc/cpuinfo`; `null` where it tells of none. */
export function flagsIn(cpuinfo: string): readonly string[] | null {
  return /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(/\s+/) ?? null;
}
