import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { expect } from "vitest";
import * as z from "zod";
import { openWriter } from "../../server/src/chain/chainWriter";
import { timestampCall } from "../../server/src/chain/eas/eas";
import { DEVELOPMENT_KEY } from "../../server/src/chain/embedded/developmentAccount";
import type { KnownChain } from "../../server/src/chain/knownChains";
import { timestamping } from "../../server/src/chain/payments/paidWork";
import { payFor } from "../../server/src/chain/payments/pay";
import { type Bill, mostOf, readSigned, type Signed } from "../../server/src/chain/payments/payment";
import { connectRpc } from "../../server/src/chain/rpc/connection";
import type { Rpc } from "../../server/src/chain/rpc/rpc";
import type { Digest } from "../../server/src/platform/primitives";
import { agreed } from "./chainTest";
import { afterwards } from "./cleanups";
import { randomDigest } from "./digests";
import { eventually } from "./eventually";
import type { RpcConfiguration } from "./rpcChain";

/** What tests of payments share: an account, servers that lie about money, and what was signed. */

export const account = privateKeyToAccount(DEVELOPMENT_KEY);

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}
/** A server's own answer; `null` for that of the chain behind it. */
export type Own = { readonly result: unknown } | { readonly refused: string } | null;

/** A server before a chain that answers some calls itself, with a result or with an error's message, or changes what the chain says. */
export async function startLiar(
  { rpcUrls }: RpcConfiguration,
  answer: (call: Call) => Own,
  change: (call: Call, result: unknown) => unknown = (_call, result) => result,
): Promise<string> {
  const one = async (call: Call): Promise<object> => {
    const own = answer(call);
    if (own === null) {
      const response = await fetch(rpcUrls[0] ?? "", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(call),
      });
      const said = z.looseObject({}).parse(await response.json());
      return "result" in said ? { ...said, result: change(call, said.result) } : said;
    }
    const common = { jsonrpc: "2.0", id: call.id };
    return "result" in own
      ? { ...common, result: own.result }
      : { ...common, error: { code: -32_000, message: own.refused } };
  };
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request));
    response.end(JSON.stringify(Array.isArray(body) ? await Promise.all(body.map(one)) : await one(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** What a server suggests as a tip. */
export function gwei(amount: number): { readonly result: string } {
  return { result: `0x${(BigInt(amount) * 10n ** 9n).toString(16)}` };
}

/** A server that asks for a tip and is honest else; what it was sent, in order. */
export async function startDear(
  configuration: RpcConfiguration,
  tip: () => number,
): Promise<{ readonly lying: RpcConfiguration; readonly sent: Signed[] }> {
  const sent: Signed[] = [];
  const url = await startLiar(configuration, ({ method, params }) => {
    if (method === "eth_sendRawTransaction") {
      sent.push(signedIn(params));
    }
    return method === "eth_maxPriorityFeePerGas" ? gwei(tip()) : null;
  });
  return { lying: { ...configuration, rpcUrls: [url] }, sent };
}

/** What was sent with `eth_sendRawTransaction`. */
export function signedIn(params: readonly unknown[]): Signed {
  return readSigned(z.templateLiteral(["0x", z.string()]).parse(params[0]));
}

export function writerOn(
  configuration: RpcConfiguration,
  {
    confirm = agreed,
    knownChains,
  }: { confirm?: (bill: Bill) => Promise<boolean>; knownChains?: readonly KnownChain[] } = {},
): ReturnType<typeof openWriter> {
  const writer = openWriter(configuration, {
    key: DEVELOPMENT_KEY,
    confirm,
    ...(knownChains !== undefined && { knownChains }),
  });
  afterwards(() => writer.close());
  return writer;
}

/** Pays for one root by a clock of the test's own; resolves to the reason why not, or `paid`. */
export async function payerOn(
  configuration: RpcConfiguration,
  now: () => number,
): Promise<(root?: Digest) => Promise<string>> {
  const { rpc, identity } = await connectRpc(configuration);
  return async (root = randomDigest()) => {
    const { problem } = await payFor({
      ...{ rpc, identity, account, now },
      home: configuration.home,
      work: timestamping(rpc, identity, [root]),
      confirm: agreed,
    });
    return problem?.reason ?? "paid";
  };
}

/** The folder with what the account has signed on the one chain that a home knows. */
export function paymentsIn({ home }: RpcConfiguration): string {
  const [name = ""] = readdirSync(join(home, "payments"));
  return join(home, "payments", name);
}

const Note = z.looseObject({ transaction: z.templateLiteral(["0x", z.string()]) });

/** What a home has noted as signed, in order. */
export function notedIn(configuration: RpcConfiguration): readonly Signed[] {
  const folder = paymentsIn(configuration);
  return readdirSync(folder)
    .sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))
    .map((name) => Note.parse(JSON.parse(readFileSync(join(folder, name), "utf8"))))
    .map(({ transaction }) => readSigned(transaction));
}

/** What everything that a home has noted can cost. */
export function notedMost(configuration: RpcConfiguration): bigint {
  return mostOf(notedIn(configuration));
}

export async function isWaiting(rpc: Rpc): Promise<boolean> {
  const { pending } = await rpc.call("txpool_status", [], z.object({ pending: z.string() }));
  return pending !== "0x0";
}

/** Anchors until something holds, and stops waiting. */
export async function anchorUntil(
  configuration: RpcConfiguration,
  root: Digest,
  what: string,
  holds: () => Promise<boolean>,
): Promise<void> {
  const controller = new AbortController();
  const ended = expect(writerOn(configuration).anchor(root, controller.signal)).rejects.toThrow("enough");
  await eventually(what, holds);
  controller.abort(new Error("enough"));
  await ended;
}

/** Anchors while no block is made, until the transaction waits in the pool, and stops waiting; resolves to its hash. */
export async function leaveWaiting(configuration: RpcConfiguration, rpc: Rpc, root: Digest): Promise<string> {
  await anchorUntil(configuration, root, "its transaction to wait for a block", () => isWaiting(rpc));
  return z.string().parse(notedIn(configuration).at(-1)?.hash);
}

/** Somebody else timestamps roots, in the next block. */
export async function timestampByAnother(
  { id, contract }: RpcConfiguration,
  rpc: Rpc,
  roots: readonly Digest[],
): Promise<string> {
  const other = privateKeyToAccount(generatePrivateKey());
  await rpc.call("anvil_setBalance", [other.address, "0xde0b6b3a7640000"], z.unknown());
  const signed = await other.signTransaction({
    chainId: id,
    type: "eip1559",
    nonce: 0,
    to: contract,
    data: timestampCall(roots),
    gas: 200_000n,
    maxFeePerGas: 100_000_000_000n,
    maxPriorityFeePerGas: 100_000_000_000n,
  });
  return rpc.call("eth_sendRawTransaction", [signed], z.string());
}
