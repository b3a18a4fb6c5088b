import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Anchor } from "../../server/src/chain/chain";
import { openChain } from "../../server/src/chain/chainReader";
import { openWriter } from "../../server/src/chain/chainWriter";
import { openHost, stopChain } from "../../server/src/chain/embedded/host";
import { randomDigest } from "./digests";
import { eventually } from "./eventually";
import { processesNaming } from "./processes";
import { removeFolder } from "./removeFolder";

/**
 * Kills whatever anchors, at random instants, again and again, and then looks whether all is there that was ever
 * confirmed to anybody.
 */

export interface CrashOutcome {
  readonly kills: { readonly host: number; readonly client: number };
  /** Anchors that a client had heard of. */
  readonly confirmed: number;
  /** Those of them that the chain no longer holds as they were confirmed. */
  readonly lost: number;
  /** How often a block was found unfinished, and cut off. */
  readonly recoveries: number;
  /** Processes that outlived the last client. */
  readonly leftBehind: number;
}

export interface CrashOptions {
  readonly rounds: number;
  /** Clients at once; each is a process, as the editor's server and the command line are. */
  readonly clients: number;
  /** Where bundles may lie. */
  readonly folder: string;
  readonly random?: () => number;
  readonly report?: (line: string) => void;
}

const LONGEST_ROUND_MILLISECONDS = 400;

export async function crashRounds(options: CrashOptions): Promise<CrashOutcome> {
  const { rounds, clients, folder, random = Math.random, report = () => {} } = options;
  const root = join(fileURLToPath(import.meta.url), "../../..");
  await build({
    absWorkingDir: root,
    entryPoints: {
      chainHost: "server/src/chain/embedded/hostProcess.ts",
      client: "test/support/crash.ts",
    },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    mainFields: ["module", "main"],
    external: ["esbuild"],
    define: { "import.meta.url": '"file:///crash"' },
    outdir: folder,
    logLevel: "error",
  });
  const home = await mkdtemp(join(tmpdir(), "proofline-crash-"));
  const hostPath = join(folder, "chainHost.js");
  const configuration = { kind: "embedded", home, hostPath } as const;
  const confirmed: Anchor[] = [];
  const kills = { host: 0, client: 0 };
  let recoveries = 0;
  const anchoring = new Set<ChildProcess>();
  const start = (): void => {
    const child = spawn(process.execPath, [join(folder, "client.js"), "--anchor", home, hostPath], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, NODE_PATH: join(root, "node_modules") },
    });
    anchoring.add(child);
    child.once("exit", () => anchoring.delete(child));
    createInterface({ input: child.stdout }).on("line", (line) =>
      confirmed.push(Anchor.parse(JSON.parse(line))),
    );
  };
  try {
    for (let round = 1; round <= rounds; round++) {
      while (anchoring.size < clients) {
        start();
      }
      // Something must have been confirmed since the last round, else nothing but starts would be interrupted.
      const before = confirmed.length;
      await eventually("an anchor to be confirmed", () => confirmed.length > before, {
        milliseconds: 120_000,
      });
      const session = await openHost(configuration, "running").catch(() => null);
      if (session?.status.recovery != null) {
        recoveries += 1;
        await session.recoveryTold().catch(() => {});
      }
      const pid = session?.status.pid;
      session?.close();
      const until = performance.now() + random() * LONGEST_ROUND_MILLISECONDS;
      await eventually("the instant of the kill", () => performance.now() >= until);
      const choice = random();
      if (pid !== undefined && choice < 0.7 && killed(pid)) {
        kills.host += 1;
      }
      if (choice > 0.5) {
        const victim = [...anchoring][Math.floor(random() * anchoring.size)];
        if (victim?.pid !== undefined && killed(victim.pid)) {
          kills.client += 1;
        }
      }
      if (round % 25 === 0) {
        report(`${round} rounds, ${confirmed.length} anchors confirmed`);
      }
    }
    for (const child of anchoring) {
      child.stdin?.end();
    }
    await eventually("the clients to go", () => anchoring.size === 0, { milliseconds: 120_000 });
    const reader = openChain(configuration, { start: false });
    let lost = 0;
    for (const anchor of confirmed) {
      const { status } = await reader.check(anchor.batchRoot, [anchor]);
      if (status !== "finalized") {
        lost += 1;
        report(`lost: ${anchor.batchRoot} in block ${anchor.block.number} is ${status}`);
      }
    }
    await reader.close();
    // The host leaves by itself once nobody is there.
    let left: readonly number[] = [];
    await eventually(
      "the host to leave",
      async () => {
        left = await processesNaming(home);
        return left.length === 0;
      },
      { milliseconds: 60_000 },
    ).catch(() => {});
    return { kills, confirmed: confirmed.length, lost, recoveries, leftBehind: left.length };
  } finally {
    for (const child of anchoring) {
      child.kill("SIGKILL");
    }
    await stopChain(configuration).catch(() => {});
    removeFolder(home);
  }
}

function killed(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** The other side: anchors root after root until its input ends, and tells each that was confirmed. */
async function anchorOn(home: string, hostPath: string): Promise<void> {
  let ended = false;
  process.stdin
    .on("end", () => {
      ended = true;
    })
    .resume();
  while (!ended) {
    const writer = openWriter({ kind: "embedded", home, hostPath }, { idleMilliseconds: 2_000 });
    try {
      while (!ended) {
        process.stdout.write(`${JSON.stringify(await writer.anchor(randomDigest()))}\n`);
      }
    } catch {
      // The host was killed; the next one is asked.
    } finally {
      await writer.close();
    }
  }
}

const [mode, home, hostPath] = process.argv.slice(2);
if (mode === "--anchor" && home !== undefined && hostPath !== undefined) {
  void anchorOn(home, hostPath);
}
