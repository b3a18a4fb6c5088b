import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What Linux says of the profile that a person or their desktop chose, with what stands for saving power. */
const LINUX_FILES = [
  { path: "firmware/acpi/platform_profile", saving: "low-power" },
  { path: "devices/system/cpu/cpu0/cpufreq/energy_performance_preference", saving: "power" },
] as const;

/**
 * Whether the computer was told to save power; `null` where nobody can tell without native code: on Windows, and on a Linux
 * whose firmware knows no profiles.
 *
 * @param sysfs where Linux tells of its devices
 */
export async function savesPower(
  platform: NodeJS.Platform = process.platform,
  sysfs = "/sys",
): Promise<boolean | null> {
  switch (platform) {
    case "linux": {
      const told = await Promise.all(
        LINUX_FILES.map(async ({ path, saving }) => {
          const text = await readFile(join(sysfs, path), "utf8").catch(() => null);
          return text === null ? null : text.trim() === saving;
        }),
      );
      return told.includes(true) ? true : told.includes(false) ? false : null;
    }
    case "darwin":
      return promisify(execFile)("/usr/bin/pmset", ["-g"], { timeout: 5_000 }).then(
        ({ stdout }) => lowPowerModeIn(stdout),
        () => null,
      );
    default:
      return null;
  }
}

/** What `pmset -g` says of macOS's low power mode; `null` where it knows none. */
export function lowPowerModeIn(settings: string): boolean | null {
  const [, value] = /^\s*lowpowermode\s+(\d+)\s*$/m.exec(settings) ?? [];
  return value === undefined ? null : value !== "0";
}
