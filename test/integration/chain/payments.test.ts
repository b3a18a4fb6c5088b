/** What anchoring may cost, whatever servers answer and whenever a process ends. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseTransaction } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import * as z from "zod";
import type { ChainConfiguration } from "../../../server/src/chain/chain";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { timestampCall } from "../../../server/src/chain/eas/eas";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { type Bill, MAX_PER_ANCHOR, MAX_PER_DAY } from "../../../server/src/chain/payments/payment";
import { Quantity } from "../../../server/src/chain/rpc/blocks";
import type { Rpc } from "../../../server/src/chain/rpc/rpc";
import type { Digest } from "../../../server/src/platform/primitives";
import { afterwards, agreed, rpcChain } from "../../support/chainTest";
import { randomDigest } from "../../support/digests";
import { eventually } from "../../support/eventually";

type RpcConfiguration = Extract<ChainConfiguration, { kind: "rpc" }>;

const { address } = privateKeyToAccount(DEVELOPMENT_KEY);
const ETHER = 10n ** 18n;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A server before a chain that answers some calls itself: with a result, or with an error's message. */
async function liar(
  { rpcUrls }: RpcConfiguration,
  answer: (call: Call) => { readonly result: unknown } | { readonly refused: string } | null,
): Promise<string> {
  const one = async (call: Call): Promise<object> => {
    const own = answer(call);
    if (own === null) {
      const response = await fetch(rpcUrls[0] ?? "", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(call),
      });
      return z.looseObject({}).parse(await response.json());
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

function writerOn(
  configuration: RpcConfiguration,
  confirm: (bill: Bill) => Promise<boolean> = agreed,
): ReturnType<typeof openWriter> {
  const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm });
  afterwards(() => writer.close());
  return writer;
}

const countOf = (rpc: Rpc): Promise<number> =>
  rpc.call("eth_getTransactionCount", [address, "latest"], Quantity);

function notedIn({ home }: RpcConfiguration): string {
  const folder = join(home, "payments");
  const [name = ""] = readdirSync(folder).filter((one) => one.endsWith(".json"));
  return readFileSync(join(folder, name), "utf8");
}

/** Anchors while no block is made, until the transaction waits in the pool, and stops waiting. */
async function leaveWaiting(configuration: RpcConfiguration, rpc: Rpc, root: Digest): Promise<string> {
  const controller = new AbortController();
  const ended = expect(writerOn(configuration).anchor(root, controller.signal)).rejects.toThrow("enough");
  await eventually("its transaction to wait for a block", async () => {
    const { pending } = await rpc.call("txpool_status", [], z.object({ pending: z.string() }));
    return pending !== "0x0";
  });
  controller.abort(new Error("enough"));
  await ended;
  const hash = /"hash": "(0x[0-9a-f]{64})"/.exec(notedIn(configuration))?.[1];
  return z.string().parse(hash);
}

test("several batches go into one transaction", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const writer = writerOn(configuration);
  const known = await writer.anchor(randomDigest());
  const before = await countOf(rpc);
  const roots = [randomDigest(), known.batchRoot, ...Array.from({ length: 10 }, randomDigest)];
  const anchors = await writer.anchorAll(roots);
  expect(anchors.map(({ batchRoot }) => batchRoot)).toEqual(roots);
  expect(anchors[1]).toEqual(known);
  expect(await countOf(rpc)).toBe(before + 1);
  for (const anchor of anchors) {
    expect((await writer.check(anchor.batchRoot, [anchor])).anchor).toEqual(anchor);
  }
});

test("before the first payment on a chain a person sees what it costs, and is not asked again", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const bills: Bill[] = [];
  const before = await countOf(rpc);
  const declines = writerOn(configuration, async (bill) => {
    bills.push(bill);
    return false;
  });
  await expect(declines.anchorAll([randomDigest(), randomDigest()])).rejects.toMatchObject({
    code: "chain.payment",
    remedy: "confirmPayment",
    reason: expect.stringMatching(/first payment of 0x.* about 0\.\d+ and at most 0\.\d+ .* 2 batches/),
  });
  expect(bills).toMatchObject([{ chain: "chain 10740 (local)", account: address, batches: 2 }]);
  expect(bills[0]?.expected).toBeGreaterThan(0n);
  expect(bills[0]?.most).toBeGreaterThan(bills[0]?.expected ?? 0n);
  await expect(
    openWriter(configuration, { key: DEVELOPMENT_KEY }).anchor(randomDigest()),
  ).rejects.toMatchObject({
    remedy: "confirmPayment",
  });
  expect(await countOf(rpc)).toBe(before);
  await writerOn(configuration).anchor(randomDigest());
  await declines.anchor(randomDigest());
  expect(await countOf(rpc)).toBe(before + 2);
  expect(bills).toHaveLength(1);
});

test.each([
  ["calls every nonce too low", (_sent: number) => null],
  ["counts up with each, and shows no receipt", (sent: number) => `0x${sent.toString(16)}`],
])("a server that %s gets signatures for no more than one anchor may cost", async (_name, count) => {
  const { configuration } = await rpcChain(10740);
  const sent: { nonce: number; most: bigint }[] = [];
  const url = await liar(configuration, ({ method, params }) => {
    switch (method) {
      case "eth_sendRawTransaction": {
        const raw = z.templateLiteral(["0x02", z.string()]).parse(params[0]);
        const { nonce = 0, gas = 0n, maxFeePerGas = 0n } = parseTransaction(raw);
        sent.push({ nonce, most: gas * maxFeePerGas });
        return { refused: "nonce too low: next nonce 4711" };
      }
      case "eth_getTransactionCount": {
        const result = count(sent.length);
        return result === null ? null : { result };
      }
      case "eth_maxPriorityFeePerGas":
        return { result: "0x2e90edd000" };
      default:
        return null;
    }
  });
  await expect(writerOn({ ...configuration, rpcUrls: [url] }).anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.payment",
  });
  const byNonce = new Map<number, bigint>();
  for (const { nonce, most } of sent) {
    byNonce.set(nonce, most > (byNonce.get(nonce) ?? 0n) ? most : (byNonce.get(nonce) ?? 0n));
  }
  const total = [...byNonce.values()].reduce((sum, most) => sum + most, 0n);
  expect(total).toBeGreaterThan(0n);
  expect(total).toBeLessThanOrEqual(MAX_PER_ANCHOR);
  expect(byNonce.size).toBeLessThanOrEqual(5);
});

test("a server that hides receipts, day after day the same, gets no more than a day may cost", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const url = await liar(configuration, ({ method }) =>
    method === "eth_maxPriorityFeePerGas" ? { result: "0xba43b74000" } : null,
  );
  const writer = writerOn({ ...configuration, rpcUrls: [url] });
  const balance = () => rpc.call("eth_getBalance", [address, "latest"], z.string().transform(BigInt));
  const before = await balance();
  let last: unknown = null;
  for (let count = 0; count < 20 && last === null; count += 1) {
    last = await writer.anchor(randomDigest()).then(
      () => null,
      (error: unknown) => error,
    );
  }
  expect(last).toMatchObject({
    code: "chain.payment",
    remedy: "anchorTomorrow",
    reason: expect.stringContaining("at most 0.2 a day"),
  });
  expect(before - (await balance())).toBeLessThanOrEqual(MAX_PER_DAY);
  expect(before - (await balance())).toBeGreaterThan(ETHER / 20n);
});

test("a transaction that waits is waited for, also by the next process, and not signed a second time", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const before = await countOf(rpc);
  const root = randomDigest();
  const hash = await leaveWaiting(configuration, rpc, root);
  const again = writerOn(configuration).anchor(root);
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  expect((await again).transaction).toBe(hash);
  expect(await countOf(rpc)).toBe(before + 1);
});

test("one that was dropped is sent again in its own place", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const before = await countOf(rpc);
  const root = randomDigest();
  const hash = await leaveWaiting(configuration, rpc, root);
  await rpc.call("anvil_dropTransaction", [hash], z.unknown());
  const again = writerOn(configuration).anchor(root);
  await eventually("it to wait again", async () => {
    const { pending } = await rpc.call("txpool_status", [], z.object({ pending: z.string() }));
    return pending !== "0x0";
  });
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  const { transaction } = await again;
  expect(transaction).not.toBe(hash);
  expect(await countOf(rpc)).toBe(before + 1);
});

test("one that offers too little by now is replaced by price", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const before = await countOf(rpc);
  const root = randomDigest();
  const hash = await leaveWaiting(configuration, rpc, root);
  await rpc.call("anvil_setNextBlockBaseFeePerGas", ["0x12a05f2000"], z.unknown());
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  const again = writerOn(configuration).anchor(root);
  await eventually("another to wait in its place", async () => {
    const pool = await rpc.call("txpool_content", [], z.unknown());
    return !JSON.stringify(pool).includes(hash) && JSON.stringify(pool).includes('"hash"');
  });
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  const { transaction } = await again;
  expect(transaction).not.toBe(hash);
  expect(await countOf(rpc)).toBe(before + 1);
});

test("where somebody else timestamps it meanwhile, that is its anchor", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const root = randomDigest();
  await leaveWaiting(configuration, rpc, root);
  const other = privateKeyToAccount(generatePrivateKey());
  await rpc.call("anvil_setBalance", [other.address, "0xde0b6b3a7640000"], z.unknown());
  const signed = await other.signTransaction({
    chainId: configuration.id,
    type: "eip1559",
    nonce: 0,
    to: configuration.contract,
    data: timestampCall([root]),
    gas: 200_000n,
    maxFeePerGas: 100_000_000_000n,
    maxPriorityFeePerGas: 100_000_000_000n,
  });
  const hash = await rpc.call("eth_sendRawTransaction", [signed], z.string());
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  expect((await writerOn(configuration).anchor(root)).transaction).toBe(hash);
});

test("an account that cannot pay is named with what it holds", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  await rpc.call("anvil_setBalance", [address, "0x38d7ea4c68000"], z.unknown());
  const url = await liar(configuration, ({ method }) =>
    method === "eth_maxPriorityFeePerGas" ? { result: "0x2e90edd000" } : null,
  );
  await expect(writerOn({ ...configuration, rpcUrls: [url] }).anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.payment",
    remedy: "fundAccount",
    reason: expect.stringContaining(`${address}, which holds 0.001`),
  });
});

test("notes that cannot be read stop payments: nobody knows what was spent", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  await writerOn(configuration).anchor(randomDigest());
  const folder = join(configuration.home, "payments");
  const [name = ""] = readdirSync(folder).filter((one) => one.endsWith(".json"));
  writeFileSync(join(folder, name), notedIn(configuration).slice(0, -20));
  const before = await countOf(rpc);
  await expect(writerOn(configuration).anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.payment",
    remedy: "restorePayments",
    reason: expect.stringContaining(name),
  });
  expect(await countOf(rpc)).toBe(before);
});
