/**
 * Runs a bundle of this repository with the kernels that onnxruntime-node chooses on an older processor, at full speed
 * (Linux on x86-64; needs cc and objdump):
 *
 *     node test/bench/replay/processor/run.mjs avx2|sse SCRIPT [ARGUMENT…]
 *
 * `avx2` is what it takes for Haswell, `sse` for Nehalem; qemu-user computes the same bits for these. The library is
 * copied, each CPUID instruction in the copy becomes UD2, and answer.c answers for it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..", "..", "..");
const PACKAGES = join(ROOT, "node_modules");
const FOLDER = join(ROOT, ".cache", "processor");
const LIBRARY = join("onnxruntime-node", "bin", "napi-v6", "linux", "x64");
const PRELOADED = join(FOLDER, "answer.so");
const CPUID = Buffer.from([0x0f, 0xa2]);
const UD2 = Buffer.from([0x0f, 0x0b]);

const [processor, script, ...rest] = process.argv.slice(2);
if ((processor !== "avx2" && processor !== "sse") || script === undefined) {
  console.error("usage: run.mjs avx2|sse SCRIPT [ARGUMENT…]");
  process.exit(2);
}
if (!existsSync(PRELOADED)) {
  prepare();
}
const bundle = join(FOLDER, "out", basename(script));
copyFileSync(script, bundle);
const { status } = spawnSync(process.execPath, [bundle, ...rest], {
  stdio: "inherit",
  env: { ...process.env, LD_PRELOAD: PRELOADED, PROOFLINE_TEST_PROCESSOR: processor },
});
process.exit(status ?? 1);

function prepare() {
  rmSync(FOLDER, { recursive: true, force: true });
  const packages = join(FOLDER, "node_modules");
  mkdirSync(join(FOLDER, "out"), { recursive: true });
  mkdirSync(join(packages, LIBRARY), { recursive: true });
  for (const name of ["onnxruntime-common", "onnxruntime-web"]) {
    symlinkSync(join(PACKAGES, name), join(packages, name));
  }
  for (const part of ["package.json", "dist", LIBRARY.slice("onnxruntime-node/".length)]) {
    cpSync(join(PACKAGES, "onnxruntime-node", part), join(packages, "onnxruntime-node", part), {
      recursive: true,
    });
  }
  const library = join(packages, LIBRARY, "libonnxruntime.so.1");
  const bytes = readFileSync(library);
  const places = placesOfCpuid(library);
  for (const place of places) {
    if (!bytes.subarray(place, place + 2).equals(CPUID)) {
      throw new Error(`no CPUID at ${place} of ${library}`);
    }
    bytes.set(UD2, place);
  }
  writeFileSync(library, bytes);
  execFileSync("cc", ["-O1", "-shared", "-fPIC", "-o", PRELOADED, join(HERE, "answer.c")]);
  console.error(`${places.length} CPUID instructions replaced`);
}

/** Offsets in the file. Its code is mapped where it lies in the file, which `prepare` checks byte by byte. */
function placesOfCpuid(library) {
  const assembly = execFileSync("objdump", ["-d", "--no-show-raw-insn", library], { maxBuffer: 2 ** 31 - 1 });
  const places = [];
  for (let end = assembly.indexOf("\tcpuid"); end >= 0; end = assembly.indexOf("\tcpuid", end + 1)) {
    const line = assembly.subarray(assembly.lastIndexOf(0x0a, end) + 1, end).toString();
    places.push(Number.parseInt(line, 16));
  }
  if (places.length === 0) {
    throw new Error(`${library} does not ask what processor it runs on`);
  }
  return places;
}
