import { chmodSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * The folder for keys, journal and chain state: `PROOFLINE_HOME`, or `.proofline` in the person's home folder. It is
 * created readable by its owner alone.
 */
export function prooflineHome(override: string | undefined = process.env.PROOFLINE_HOME): string {
  const home = override ? resolve(override) : join(homedir(), ".proofline");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (process.platform !== "win32") {
    chmodSync(home, 0o700);
  }
  return home;
}
