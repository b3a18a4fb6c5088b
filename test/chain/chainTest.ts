import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach } from "vitest";
import { type Anvil, anvilPath, startAnvil } from "../../server/src/chain/anvil";
import type { ChainConfiguration } from "../../server/src/chain/chain";
import { type EmbeddedConfiguration, openHost, stopChain } from "../../server/src/chain/host";

/** What the chain's tests share: homes, bundled hosts and nodes that are gone after each test. */

export const repository = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Short enough that a test sees a host leave, long enough that a loaded machine does not lose it between two calls. */
export const IDLE = { idleMilliseconds: 400 };

const homes: EmbeddedConfiguration[] = [];
const cleanups: (() => Promise<void>)[] = [];
let bundle: Promise<string> | undefined;

/** The chain host, bundled as in a package, in a folder from which the anvil package resolves. */
export function bundledHost(): Promise<string> {
  bundle ??= (async () => {
    const folder = join(repository, "out/test/chain", `${process.pid}`);
    const outfile = join(folder, "chainHost.js");
    await build({
      absWorkingDir: repository,
      entryPoints: ["server/src/chain/hostProcess.ts"],
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20",
      mainFields: ["module", "main"],
      outfile,
      logLevel: "error",
    });
    return outfile;
  })();
  return bundle;
}

export async function newHome(): Promise<EmbeddedConfiguration> {
  const home = await mkdtemp(join(tmpdir(), "proofline-home-"));
  const configuration = { kind: "embedded", home, hostPath: await bundledHost() } as const;
  homes.push(configuration);
  return configuration;
}

/** Runs after the test, whether it passed or not. */
export function afterwards(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  for (const configuration of homes.splice(0)) {
    await stopChain(configuration).catch(() => {});
    await rm(configuration.home, { recursive: true, force: true, maxRetries: 5 });
  }
});

afterAll(async () => {
  if (bundle !== undefined) await rm(dirname(await bundle), { recursive: true, force: true });
});

export function randomRoot(): string {
  return randomBytes(32).toString("hex");
}

/** Polls until `condition` holds. */
export async function eventually(
  what: string,
  condition: () => Promise<boolean> | boolean,
  milliseconds = 15_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await delay(10);
  }
}

/** A node of its own, as any chain behind an RPC server. */
export async function startNode(...options: string[]): Promise<Anvil> {
  const anvil = await startAnvil(anvilPath(join(repository, "dist")), options);
  afterwards(() => anvil.kill());
  return anvil;
}

export type RpcConfiguration = Extract<ChainConfiguration, { kind: "rpc" }>;

/** The processes whose command line names `text`. */
export async function processesNaming(text: string): Promise<number[]> {
  const ps: ChildProcess = spawn("ps", ["-A", "-ww", "-o", "pid=,args="], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  ps.stdout?.setEncoding("utf8").on("data", (data: string) => {
    output += data;
  });
  await new Promise((resolve) => ps.once("close", resolve));
  return output
    .split("\n")
    .filter((line) => line.includes(text))
    .map((line) => Number.parseInt(line, 10));
}

/** The host's process, of a home whose host runs. */
export async function hostPid(configuration: EmbeddedConfiguration): Promise<number> {
  const session = await openHost(configuration, "running");
  if (session === null) throw new Error("no host runs");
  session.close();
  return session.status.pid;
}

export async function readLog(configuration: EmbeddedConfiguration): Promise<string> {
  return readFile(join(configuration.home, "chain/host.log"), "utf8");
}
