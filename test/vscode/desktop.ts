/** A desktop VS Code for the tests inside the extension host, where there is a screen to show it on. */
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { downloadAndUnzipVSCode } from "@vscode/test-electron";

const DOWNLOADS = "https://update.code.visualstudio.com/api/releases/stable";
const PROBE_MILLISECONDS = 3_000;

/**
 * The executable that `PROOFLINE_VSCODE` names, else an installed VS Code, else a downloaded one; `null` without a
 * screen, or without either of the two.
 */
export async function findDesktop(): Promise<string | null> {
  const named = process.env.PROOFLINE_VSCODE;
  if (named !== undefined && named !== "") {
    if (!existsSync(named)) {
      throw new Error(`PROOFLINE_VSCODE names ${named}, which does not exist.`);
    }
    return named;
  }
  if (!hasScreen()) {
    return null;
  }
  return installed() ?? ((await reachable()) ? await downloadAndUnzipVSCode("stable") : null);
}

function hasScreen(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform !== "linux" || DISPLAY !== undefined || WAYLAND_DISPLAY !== undefined;
}

/** From the `code` command on the PATH to the executable beside it. */
function installed(): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const command = join(folder, process.platform === "win32" ? "code.cmd" : "code");
    if (!existsSync(command)) {
      continue;
    }
    const top = dirname(dirname(realpathSync(command)));
    const places = ["code", "Code.exe", join("..", "..", "MacOS", "Electron")].map((place) =>
      join(top, place),
    );
    const found = places.find((place) => existsSync(place));
    if (found !== undefined) {
      return found;
    }
  }
  return null;
}

/** Asked before the download, which would wait for a network that is not there. */
async function reachable(): Promise<boolean> {
  try {
    return (await fetch(DOWNLOADS, { signal: AbortSignal.timeout(PROBE_MILLISECONDS) })).ok;
  } catch {
    return false;
  }
}
