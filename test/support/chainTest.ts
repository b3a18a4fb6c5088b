import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { getContractAddress } from "viem";
import { afterAll, afterEach } from "vitest";
import * as z from "zod";
import type { Anchor, ChainConfiguration } from "../../server/src/chain/chain";
import { openWriter } from "../../server/src/chain/chainWriter";
import { DEVELOPMENT_ACCOUNT, deployEas } from "../../server/src/chain/eas/deploy";
import { type EmbeddedConfiguration, openHost, stopChain } from "../../server/src/chain/embedded/host";
import { Rpc } from "../../server/src/chain/rpc/rpc";
import type { Address } from "../../server/src/platform/primitives";
import { type Anvil, anvilPath, startAnvil } from "./anvil";
import { randomDigest } from "./digests";
import { eventually } from "./eventually";
import { processesNaming } from "./processes";
import { removeFolder } from "./removeFolder";

/** What the chain's tests share: homes, bundled hosts and nodes that are gone after each test. */

export const repository = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Short enough that a test sees a host leave, long enough that a loaded machine does not lose it between two calls. */
export const IDLE = { idleMilliseconds: 400 };

const homes: EmbeddedConfiguration[] = [];
const cleanups: (() => Promise<void>)[] = [];
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

/** Runs after the test, whether it passed or not. */
export function afterwards(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
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

/** A node of its own, as any chain behind an RPC server. */
export async function startNode(...options: string[]): Promise<Anvil> {
  const anvil = await startAnvil(anvilPath(), options);
  afterwards(() => anvil.kill());
  return anvil;
}

export type RpcConfiguration = Extract<ChainConfiguration, { kind: "rpc" }>;

/** A chain with EAS behind an RPC server. */
export async function rpcChain(
  id: number,
  ...options: string[]
): Promise<{ configuration: RpcConfiguration; rpc: Rpc; registry: Address }> {
  const { url } = await startNode("--chain-id", String(id), "--slots-in-an-epoch", "1", ...options);
  const rpc = new Rpc(url);
  if (options.includes("--no-mining")) {
    await rpc.call("evm_setAutomine", [true], z.unknown());
  }
  const contract = await deployEas(rpc);
  if (options.includes("--no-mining")) {
    await rpc.call("evm_setAutomine", [false], z.unknown());
  }
  const registry = getContractAddress({ from: DEVELOPMENT_ACCOUNT, nonce: 0n }).toLowerCase() as Address;
  const home = await mkdtemp(join(tmpdir(), "proofline-home-"));
  afterwards(async () => removeFolder(home));
  return {
    configuration: {
      kind: "rpc",
      home,
      id,
      rpcUrls: [url],
      contract,
    },
    rpc,
    registry,
  };
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a proxy may answer in place of a result. */
export class Refusal {
  constructor(
    readonly code: number,
    readonly message: string,
  ) {}
}

/** An RPC server that passes calls on and may change each result. */
export async function startProxy(
  target: string,
  change: (method: string, result: unknown, params: readonly unknown[]) => unknown,
  { onPost = () => {}, single = false }: { onPost?: () => void; single?: boolean } = {},
): Promise<string> {
  const server = createServer(async (request, response) => {
    onPost();
    const body = await text(request);
    const calls: Call | Call[] = JSON.parse(body);
    if (single && Array.isArray(calls)) {
      response.end(
        JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32600, message: "no batches" } }),
      );
      return;
    }
    const answered = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const answers = await answered.json();
    const changed = (answer: { id: number; result?: unknown }) => {
      const call = [calls].flat().find(({ id }) => id === answer.id);
      if (!("result" in answer)) {
        return answer;
      }
      const result = change(call?.method ?? "", answer.result, call?.params ?? []);
      return result instanceof Refusal
        ? { jsonrpc: "2.0", id: answer.id, error: { code: result.code, message: result.message } }
        : { ...answer, result };
    };
    response.end(JSON.stringify(Array.isArray(answers) ? answers.map(changed) : changed(answers)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

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
