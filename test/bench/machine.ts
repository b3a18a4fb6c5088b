/** Which machine a bench ran on, and how busy it was: numbers of different machines are no comparison. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { flagsIn } from "../../server/src/inference/engine/environment";

/** Units that kernels of neural networks are written for, by their names in Linux's list of flags. */
const UNITS = [
  ["AVX2", /^avx2$/],
  ["AVX-512", /^avx512f$/],
  ["VNNI", /^avx_vnni$|^avx512_vnni$/],
  ["AMX", /^amx_(?:int8|tile)$/],
  ["NEON", /^asimd$/],
  ["dot products", /^asimddp$/],
  ["8-bit matrices", /^i8mm$/],
] as const;

export interface Machine {
  readonly processor: string;
  /** Those that this process may use. */
  readonly processors: number;
  /** `null` where the system does not say. */
  readonly units: readonly string[] | null;
  /** Bytes. */
  readonly memory: number;
  readonly node: string;
}

export function machine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    processors: availableParallelism(),
    units: unitsIn(linuxCpuInfo()),
    memory: totalmem(),
    node: process.version,
  };
}

/** The machine in one line. */
export function describeMachine({ processor, processors, units, memory, node }: Machine = machine()): string {
  const known = units === null ? "units unknown" : units.join(", ") || "no vector units";
  return `${processors} × ${processor} (${known}), ${(memory / 1e9).toFixed(0)} GB, Node ${node}`;
}

/** How many processes wanted a processor, on average over the last minute; `null` where the system does not say. */
export function load(): number | null {
  return process.platform === "win32" ? null : (loadavg()[0] ?? null);
}

/** The units among the flags of the first processor in the text of `/proc/cpuinfo`. */
export function unitsIn(cpuinfo: string | null): readonly string[] | null {
  const flags = flagsIn(cpuinfo ?? "");
  return flags === null
    ? null
    : UNITS.flatMap(([name, flag]) => (flags.some((one) => flag.test(one)) ? [name] : []));
}

function linuxCpuInfo(): string | null {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return null;
  }
}
