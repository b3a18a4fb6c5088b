/**
 * Kills the real language server and the real command line, again and again: at random instants, and in the middle of a
 * random write. Then looks whether all that was accepted is anchored, once, and nothing half is taken for whole.
 */
import { execFileSync, type SpawnOptions, spawn } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Report } from "../../server/src/policy/report";
import { AnchorNow } from "../../server/src/protocol/messages";
import { Random } from "../attack/random";
import { eventually } from "./eventually";
import type { DiskFault } from "./faultyDisk";
import { Client, ROOT, uriOf } from "./languageClient";
import { processesNaming } from "./processes";
import { removeFolder } from "./removeFolder";

export interface ProgramCrashOptions {
  readonly rounds: number;
  /** The same seed kills at the same writes, and as nearly as a machine allows at the same instants. */
  readonly seed: number;
  readonly report?: (line: string) => void;
}

export interface ProgramCrashOutcome {
  readonly kills: { readonly server: number; readonly command: number };
  /** Suggestions of which a client heard that they are recorded. */
  readonly accepted: number;
  /** Those of them that are not anchored in the end. */
  readonly lost: readonly string[];
  /** Suggestions that stand in more than one evidence file, and batches with more than one anchor. */
  readonly doubled: readonly string[];
  /** What could not be believed of the repository's files, after any of the kills. */
  readonly broken: readonly string[];
  /** Processes that outlived everybody. */
  readonly leftBehind: number;
}

const CLI = join(ROOT, "dist", "cli.js");
const SAMPLE = join(ROOT, "build", "sample");
/** Where the sample's text asks for something to be suggested. */
const PLACE = { line: 18, character: 4 };

const ONCHAIN: ReadonlySet<string> = new Set(["included", "finalized"]);

/** How many calls that write a server or a command makes in its life, and how long that takes, roughly. */
const MOST_CALLS = 90;
const MOST_MILLISECONDS = 1_500;

export async function programCrashRounds(options: ProgramCrashOptions): Promise<ProgramCrashOutcome> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-program-crash-")));
  try {
    return await new Rounds(scratch, options).run();
  } finally {
    await command(scratch, ["chain", "stop"]).catch(() => {});
    removeFolder(scratch);
  }
}

class Rounds {
  private readonly project: string;
  private readonly home: string;
  private readonly random: Random;
  private readonly accepted = new Set<string>();
  private readonly broken = new Set<string>();
  private readonly kills = { server: 0, command: 0 };
  private files = 0;

  constructor(
    private readonly scratch: string,
    private readonly options: ProgramCrashOptions,
  ) {
    this.project = join(scratch, "project");
    this.home = join(scratch, "home");
    this.random = new Random(options.seed);
  }

  async run(): Promise<ProgramCrashOutcome> {
    const { rounds, seed, report = () => {} } = this.options;
    report(`seed ${seed}`);
    cpSync(SAMPLE, this.project, { recursive: true });
    execFileSync("git", ["init", "-q"], { cwd: this.project });
    await build({
      entryPoints: [join(ROOT, "test/support/faultyDisk.ts")],
      outfile: join(this.scratch, "faultyDisk.cjs"),
      bundle: true,
      platform: "node",
      format: "cjs",
      logLevel: "error",
    });
    for (let round = 1; round <= rounds; round += 1) {
      // A server leaves work to be taken up, which a command does; two of three rounds are the cheaper ones.
      await (round % 3 === 1 ? this.killServer() : this.killCommand());
      await this.lookAtFiles();
      report(`${round} rounds, ${this.accepted.size} accepted`);
    }
    return this.outcome();
  }

  /** Accepts one suggestion after the other, anchors, and dies at some instant. */
  private async killServer(): Promise<void> {
    const armed = join(this.scratch, `armed${this.kills.server}`);
    const client = await Client.start({
      home: this.home,
      folders: [this.project],
      settings: { sealAfterSeconds: 1 },
      env: this.faultyDisk(armed),
    });
    const gone = new Promise<void>((resolve) => client.process.once("exit", () => resolve()));
    const delay = this.random.next() * 2 * MOST_MILLISECONDS;
    let begins = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begins = () => {
        writeFileSync(armed, "");
        resolve();
      };
    });
    const accepting = Promise.race([gone, this.acceptAndAnchor(client, begins)]).catch(() => {});
    await Promise.race([gone, begun]);
    const timer = setTimeout(() => client.process.kill("SIGKILL"), delay);
    await gone;
    clearTimeout(timer);
    client.connection.dispose();
    await accepting;
    this.kills.server += 1;
  }

  private async acceptAndAnchor(client: Client, begins: () => void): Promise<void> {
    await client.ready();
    for (;;) {
      this.files += 1;
      const file = join(this.project, `src/inventory${this.files}.ts`);
      copyFileSync(join(SAMPLE, "src/inventory.ts"), file);
      const uri = uriOf(file);
      client.open(uri, readFileSync(file, "utf8"));
      const shown = await client.suggestion(uri, PLACE);
      client.insert(uri, shown);
      writeFileSync(file, client.text(uri));
      const { recorded } = await client.accept(uri, shown.id);
      if (recorded) {
        this.accepted.add(shown.id);
      }
      begins();
      client.saved(uri);
      void client.connection.sendRequest(AnchorNow.type).catch(() => {});
    }
  }

  private async killCommand(): Promise<void> {
    const call = this.random.chance(0.3) ? ["verify", "--no-replay"] : ["anchor"];
    const delay = this.random.chance(0.5) ? this.random.next() * MOST_MILLISECONDS : null;
    await command(this.scratch, call, { delay, env: delay === null ? this.faultyDisk() : {} });
    this.kills.command += 1;
  }

  /** Whatever was killed, what lies in the repository under a whole file's name is whole. */
  private async lookAtFiles(): Promise<void> {
    for (const { path, problem } of (await this.verify()).files) {
      this.broken.add(`${path}: ${problem}`);
    }
  }

  private async verify(): Promise<Report> {
    mkdirSync(this.home, { recursive: true, mode: 0o700 });
    const { stdout } = await command(this.scratch, ["verify", "--no-replay", "--json"]);
    const answer: unknown = JSON.parse(stdout);
    const report = Report.safeParse(answer);
    if (!report.success) {
      throw new Error(`verify answered ${stdout}`);
    }
    return report.data;
  }

  private async outcome(): Promise<ProgramCrashOutcome> {
    const { stdout, stderr } = await command(this.scratch, ["anchor"]);
    const { suggestions, beside } = await this.verify();
    this.options.report?.(`${stdout}${stderr}`.trim());
    // A server that lived long enough has replayed some, which then are verified.
    const anchored = suggestions.filter(({ checks: { anchor } }) => ONCHAIN.has(anchor));
    const ids = new Set(anchored.map(({ id }) => id));
    const anchors = join(this.project, ".proofline/anchors");
    const names = existsSync(anchors) ? readdirSync(anchors) : [];
    const roots = names.flatMap((name) => name.match(/^[0-9a-f]{64}/)?.[0] ?? []);
    const twice = (all: readonly string[]): string[] =>
      all.filter((one, index) => all.indexOf(one) !== index);
    await command(this.scratch, ["chain", "stop"]);
    let left: readonly number[] = [];
    await eventually("everybody to leave", async () => {
      left = await processesNaming(this.home);
      return left.length === 0;
    }).catch(() => {});
    return {
      kills: this.kills,
      accepted: this.accepted.size,
      lost: [...this.accepted].filter((id) => !ids.has(id)),
      doubled: [...twice([...anchored, ...beside].map(({ id }) => id)), ...twice(roots)],
      broken: [...this.broken],
      leftBehind: left.length,
    };
  }

  /** Has a process die in the middle of one of its writes, or of those after there is a file. */
  private faultyDisk(once?: string): Record<string, string> {
    const fault: DiskFault = {
      fault: "SIGKILL",
      from: 1 + this.random.below(MOST_CALLS),
      below: [this.home, join(this.project, ".proofline")],
      ...(once !== undefined && { once }),
    };
    return {
      NODE_OPTIONS: `--require ${join(this.scratch, "faultyDisk.cjs")}`,
      PROOFLINE_TEST_DISK: JSON.stringify(fault),
    };
  }
}

/** Runs a command to its end, or until it is killed after a while. */
async function command(
  scratch: string,
  parameters: readonly string[],
  { delay = null, env = {} }: { readonly delay?: number | null; readonly env?: Record<string, string> } = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const options: SpawnOptions = {
    cwd: join(scratch, "project"),
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env, PROOFLINE_HOME: join(scratch, "home") },
  };
  const child = spawn(process.execPath, [CLI, ...parameters], options);
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (data: Buffer) => {
    said.stdout += data.toString();
  });
  child.stderr?.on("data", (data: Buffer) => {
    said.stderr += data.toString();
  });
  const timer = delay === null ? undefined : setTimeout(() => child.kill("SIGKILL"), delay);
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return said;
}
