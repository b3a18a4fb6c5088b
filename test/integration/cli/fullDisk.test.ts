/** Disks that take no more: really, by the system's own limit of the size of files, which binds a superuser, too. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { repository } from "../../support/chainTest";
import { removeFolder } from "../../support/removeFolder";

const CLI = join(repository, "dist", "cli.js");
const FILE = "src/inventory.ts";

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

it.skipIf(process.platform === "win32")(
  "a full disk loses nothing, leaves nothing half and says what to do, at an acceptance, at an anchor and at the chain's start",
  () => {
    const scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-full-")));
    const project = join(scratch, "project");
    cpSync(join(repository, "build", "sample"), project, { recursive: true });
    const run = (...parameters: string[]): Run => call([process.execPath, CLI, ...parameters]);
    const full = (...parameters: string[]): Run =>
      call(["sh", "-c", 'ulimit -f 0 && exec "$@"', "sh", process.execPath, CLI, ...parameters]);
    function call([command = "", ...parameters]: readonly string[]): Run {
      return spawnSync(command, parameters, {
        cwd: project,
        encoding: "utf8",
        env: { ...process.env, PROOFLINE_HOME: join(scratch, "home") },
      });
    }
    onTestFinished(() => {
      run("chain", "stop");
      removeFolder(scratch);
    });
    /** What it says: one sentence on what happened and one on what to do; no code, and no advice to give anything up. */
    const failure = (outcome: Run): string => {
      expect(outcome.status).toBe(2);
      const said = `${outcome.stdout}${outcome.stderr}`;
      expect(said).toMatch(/cannot be (?:written|taken|started|opened)|does not fit|failed/);
      expect(said).not.toMatch(/move it away|backup|defect|chain stop|EFBIG|ENOSPC|^ {2,}at /m);
      return said;
    };
    spawnSync("git", ["init", "-q"], { cwd: project });
    const accept = ["complete", "--file", FILE, "--line", "19", "--column", "5", "--accept"];
    const before = readFileSync(join(project, FILE));
    failure(full(...accept));
    expect(readFileSync(join(project, FILE))).toEqual(before);
    expect(readdirSync(join(project, "src")).filter((name) => name.startsWith("."))).toEqual([]);

    expect(run(...accept).status).toBe(0);
    failure(full("anchor"));
    // Far enough for a batch to be sealed, but not for the chain.
    const half = call(["sh", "-c", 'ulimit -f 40 && exec "$@"', "sh", process.execPath, CLI, "anchor"]);
    expect(failure(half)).toContain("local chain");
    expect(run("verify", "--no-replay").stdout).toContain("1 pending.");
    expect(run("anchor").stdout).toMatch(/Anchored [0-9a-f]{64}/);
    expect(run("chain", "stop").status).toBe(0);
    // The chain cannot be started to be asked, and what it would say is not guessed.
    const { status, stdout } = full("verify", "--no-replay");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^unknown .*\n +The local chain.*\(file too large\)/);
    expect(stdout).not.toMatch(/move it away|backup/);
    expect(run("anchor").stdout).toBe("Nothing is pending.\n");
  },
  480_000,
);
