import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { lowPowerModeIn, savesPower } from "../../../server/src/platform/powerSaving";
import { temporaryFolder } from "../../support/workspace";

const PROFILE = "firmware/acpi/platform_profile";
const PREFERENCE = "devices/system/cpu/cpu0/cpufreq/energy_performance_preference";

function sysfs(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder("sysfs");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

describe("saving power", () => {
  it.each([
    [{}, null],
    [{ [PROFILE]: "balanced\n" }, false],
    [{ [PROFILE]: "low-power\n" }, true],
    [{ [PREFERENCE]: "balance_power\n" }, false],
    [{ [PREFERENCE]: "power\n" }, true],
    [{ [PROFILE]: "performance\n", [PREFERENCE]: "power\n" }, true],
    [{ [PROFILE]: "performance\n", [PREFERENCE]: "performance\n" }, false],
  ])("on Linux with %o is %s", async (files, expected) => {
    expect(await savesPower("linux", sysfs(files))).toBe(expected);
  });

  it("cannot be told on Windows", async () => {
    expect(await savesPower("win32")).toBeNull();
  });

  it.each([
    ["System-wide power settings:\nCurrently in use:\n lowpowermode         1\n womp 0\n", true],
    ["Currently in use:\n lowpowermode         0\n", false],
    ["Currently in use:\n womp                 0\n", null],
    ["", null],
  ])("is read of macOS's settings", (text, expected) => {
    expect(lowPowerModeIn(text)).toBe(expected);
  });
});
