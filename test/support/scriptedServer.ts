import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type * as z from "zod";
import { openChain } from "../../server/src/chain/chainReader";
import type { KnownChain } from "../../server/src/chain/knownChains";
import type { Witness } from "../../server/src/chain/trust/witnesses";
import { afterwards } from "./cleanups";
import { removeFolder } from "./removeFolder";
import type { RpcConfiguration } from "./rpcChain";
import { type Answerer, CHAIN_ID, EAS } from "./scriptedChain";

/** Scripted chains behind servers on loopback, each of which counts as an operator of its own. */

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Serves a chain for the length of a test; resolves to its address. */
export async function serveChain(chain: Answerer): Promise<string> {
  const server = createServer(async (request, response) => {
    const calls: Asked | Asked[] = JSON.parse(await text(request));
    const answers = await Promise.all(
      [calls].flat().map(async ({ id, method, params }) => {
        try {
          return { jsonrpc: "2.0", id, result: await chain(method, params) };
        } catch (error) {
          return { jsonrpc: "2.0", id, error: { code: -32000, message: String(error) } };
        }
      }),
    );
    response.end(JSON.stringify(Array.isArray(calls) ? answers : answers[0]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The settings of a reader in a home of its own, who asks these chains' servers in this order. */
export async function configurationOf(chains: readonly Answerer[]): Promise<RpcConfiguration> {
  const home = mkdtempSync(join(tmpdir(), "proofline-scripted-"));
  afterwards(async () => removeFolder(home));
  const urls = await Promise.all(chains.map(serveChain));
  return {
    kind: "rpc",
    home,
    id: CHAIN_ID,
    rpcUrls: urls.map((url, index) => `Operator ${index}=${url}`),
    contract: EAS,
  };
}

/** A reader who asks these chains' servers, and knows the chain beforehand. */
export async function readerOf(chains: readonly Answerer[], known: KnownChain) {
  const reader = openChain(await configurationOf(chains), { start: false, knownChains: [known] });
  afterwards(() => reader.close());
  return reader;
}

/** A chain without a server, for whoever takes a proof of it. */
export function witnessOf(chain: Answerer): Witness {
  return {
    operator: "maker",
    server: {
      host: "maker",
      call: async <T>(method: string, params: readonly unknown[], schema: z.ZodType<T>) =>
        schema.parse(await chain(method, params)),
    },
  };
}
