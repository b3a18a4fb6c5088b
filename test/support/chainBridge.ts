import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import * as z from "zod";
import { openHost } from "../../server/src/chain/embedded/host";
import { RpcError } from "../../server/src/chain/rpc/rpc";

/**
 * The embedded chain of a home behind an RPC server, as a process of its own: to whoever asks it, somebody else's chain.
 * The product has no such door; here it lets a test read one chain as its author and as a reviewer.
 */
export interface ChainBridge {
  readonly url: string;
  close(): void;
}

export async function bridgeTo(home: string, hostPath: string): Promise<ChainBridge> {
  const outfile = join(tmpdir(), `proofline-bridge-${process.pid}-${Date.now()}.cjs`);
  await build({
    entryPoints: [fileURLToPath(import.meta.url)],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    mainFields: ["module", "main"],
    external: ["esbuild"],
    define: { "import.meta.url": '"file:///bridge"' },
    outfile,
    logLevel: "error",
  });
  const child = spawn(process.execPath, [outfile, "--serve", home, hostPath], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_PATH: join(fileURLToPath(import.meta.url), "../../../node_modules") },
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", () => reject(new Error("the bridge to the chain did not start")));
  }).finally(() => rmSync(outfile, { force: true }));
  return { url, close: () => void child.kill() };
}

const Call = z.object({ id: z.unknown(), method: z.string(), params: z.array(z.unknown()).default([]) });

async function serve(home: string, hostPath: string): Promise<void> {
  const session = await openHost({ kind: "embedded", home, hostPath }, "existing");
  if (session === null) {
    throw new Error("there is no chain");
  }
  const answer = async (raw: unknown): Promise<object> => {
    const { id, method, params } = Call.parse(raw);
    try {
      return { jsonrpc: "2.0", id, result: await session.request(method, params) };
    } catch (error) {
      const { code, message } = error instanceof RpcError ? error : { code: -32603, message: String(error) };
      return { jsonrpc: "2.0", id, error: { code, message } };
    }
  };
  const server = createServer(async (request, response) => {
    const body: unknown = JSON.parse(await text(request));
    response.end(JSON.stringify(await (Array.isArray(body) ? Promise.all(body.map(answer)) : answer(body))));
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.stdout.write(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/\n`);
  });
  // An open server alone would outlive whoever started it.
  process.stdin.on("end", () => process.exit()).resume();
}

const [mode, home, hostPath] = process.argv.slice(2);
if (mode === "--serve" && home !== undefined && hostPath !== undefined) {
  void serve(home, hostPath);
}
