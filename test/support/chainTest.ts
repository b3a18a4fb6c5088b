import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach } from "vitest";
import type { Anchor } from "../../server/src/chain/chain";
import { openWriter } from "../../server/src/chain/chainWriter";
import { type EmbeddedConfiguration, openHost, stopChain } from "../../server/src/chain/embedded/host";
import { cleanUp } from "./cleanups";
import { randomDigest } from "./digests";
import { eventually } from "./eventually";
import { processesNaming } from "./processes";
import { removeFolder } from "./removeFolder";

/** What the chain's tests share: homes, bundled hosts and nodes that are gone after each test. */

export const repository = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Short enough that a test sees a host leave, long enough that a loaded machine does not lose it between two calls. */
export const IDLE = { idleMilliseconds: 400 };

const homes: EmbeddedConfiguration[] = [];
let bundle: Promise<string> | undefined;

/** The chain host and its client, bundled as in a package. */
export function bundledHost(): Promise<string> {
  bundle ??= (async () => {
    const folder = join(repository, "out/test/chain", `${process.pid}`);
    await build({
      absWorkingDir: repository,
      entryPoints: {
        chainHost: "server/src/chain/embedded/hostProcess.ts",
        host: "server/src/chain/embedded/host.ts",
      },
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20",
      mainFields: ["module", "main"],
      outdir: folder,
      logLevel: "error",
    });
    return join(folder, "chainHost.js");
  })();
  return bundle;
}

export async function newHome(): Promise<EmbeddedConfiguration> {
  const home = await mkdtemp(join(tmpdir(), "proofline-home-"));
  const configuration = { kind: "embedded", home, hostPath: await bundledHost() } as const;
  homes.push(configuration);
  return configuration;
}

/** A person who agrees to every first payment. */
export const agreed = (): Promise<boolean> => Promise.resolve(true);

afterEach(async () => {
  await cleanUp();
  for (const configuration of homes.splice(0)) {
    await stopChain(configuration).catch(() => {});
    removeFolder(configuration.home);
  }
});

afterAll(async () => {
  if (bundle !== undefined) {
    removeFolder(dirname(await bundle));
  }
});

/** The host's process, of a home whose host runs. */
export async function hostPid(configuration: EmbeddedConfiguration): Promise<number> {
  const session = await openHost(configuration, "running");
  if (session === null) {
    throw new Error("no host runs");
  }
  session.close();
  return session.status.pid;
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits, without being a client, until no host runs for a home. */
export async function stoppedHost({ home }: EmbeddedConfiguration): Promise<void> {
  await eventually("the host to leave", async () => (await processesNaming(home)).length === 0);
}

/** Anchors a random root and closes again. */
export async function anchorOnce(configuration: EmbeddedConfiguration): Promise<Anchor> {
  const writer = openWriter(configuration, IDLE);
  try {
    return await writer.anchor(randomDigest());
  } finally {
    await writer.close();
  }
}
