// Runs what a package holds where nothing else is: a part that was forgotten is found before anybody installs it.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Copies a staged package away from the clone and lets it complete code under every execution profile, and start its chain.
 *
 * @throws Error with what the command line said where it cannot
 */
export function tryOut(stage: string): void {
  const folder = mkdtempSync(join(tmpdir(), "proofline-package-"));
  try {
    cpSync(stage, join(folder, "extension"), { recursive: true });
    writeFileSync(
      join(folder, "input.jsonl"),
      `${JSON.stringify({ path: "a.ts", prefix: "let a", suffix: "" })}\n`,
    );
    const run = (what: string, ...parameters: string[]): void => {
      const { NODE_PATH: _, ...variables } = process.env;
      const cli = join(folder, "extension", "dist", "cli.js");
      const { status, stdout, stderr, error } = spawnSync(process.execPath, [cli, ...parameters], {
        cwd: folder,
        encoding: "utf8",
        env: { ...variables, PROOFLINE_HOME: join(folder, "home") },
      });
      if (status !== 0 || stdout.trim() === "") {
        throw new Error(`The package does not ${what}: ${error?.message ?? stderr}`);
      }
    };
    for (const profile of ["native/v1", "portable/v1"]) {
      run(`run under ${profile}`, "complete", "--batch", join(folder, "input.jsonl"), "--profile", profile);
    }
    run("start its chain", "chain", "start");
    run("stop its chain", "chain", "stop");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
