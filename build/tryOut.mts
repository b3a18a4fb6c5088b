// Runs what a package holds where nothing else is: a part that was forgotten is found before anybody installs it.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Copies a staged package away from the clone and lets it complete code under every execution profile.
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
    for (const profile of ["native/v1", "portable/v1"]) {
      const cli = join(folder, "extension", "dist", "cli.js");
      const parameters = [cli, "complete", "--batch", join(folder, "input.jsonl"), "--profile", profile];
      const { NODE_PATH: _, ...variables } = process.env;
      const { status, stdout, stderr, error } = spawnSync(process.execPath, parameters, {
        cwd: folder,
        encoding: "utf8",
        env: { ...variables, PROOFLINE_HOME: join(folder, "home") },
      });
      if (status !== 0 || stdout.trim() === "") {
        throw new Error(`The package does not run under ${profile}: ${error?.message ?? stderr}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
