import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { isInside } from "./insideFolder";

/**
 * Where a program of this name lies, by the folders that PATH names. A relative one means another program in every folder, and what lies
 * below `apart` came with a repository: neither is ever started.
 */
export async function programOnPath(name: string, apart: string): Promise<string | null> {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, file);
    if (isAbsolute(folder) && !isInside(apart, path) && (await isProgramApart(path, apart))) {
      return path;
    }
  }
  return null;
}

async function isProgramApart(path: string, apart: string): Promise<boolean> {
  try {
    const real = await realpath(path);
    await access(real, constants.X_OK);
    return (await stat(real)).isFile() && !isInside(apart, real);
  } catch {
    return false;
  }
}
