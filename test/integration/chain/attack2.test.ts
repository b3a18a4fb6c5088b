/** Attacks on what anchoring may cost: each states what is right. */
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { keccak256, parseTransaction } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, expect, test, vi } from "vitest";
import * as z from "zod";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { getTimestampCall, timestampCall } from "../../../server/src/chain/eas/eas";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import type { KnownChain } from "../../../server/src/chain/knownChains";
import { payFor } from "../../../server/src/chain/payments/pay";
import { type Bill, MAX_PER_ANCHOR, MAX_PER_DAY } from "../../../server/src/chain/payments/payment";
import { PaymentLog } from "../../../server/src/chain/payments/paymentLog";
import { Block } from "../../../server/src/chain/rpc/blocks";
import { connectRpc } from "../../../server/src/chain/rpc/connection";
import type { Rpc } from "../../../server/src/chain/rpc/rpc";
import type { Digest } from "../../../server/src/platform/primitives";
import { afterwards, agreed, type RpcConfiguration, rpcChain } from "../../support/chainTest";
import { randomDigest } from "../../support/digests";
import { eventually } from "../../support/eventually";

const account = privateKeyToAccount(DEVELOPMENT_KEY);
const { address } = account;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}
type Own = { readonly result: unknown } | { readonly refused: string } | null;

/** A server before a chain that answers some calls itself, or changes what the chain says. */
async function liar(
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

function writerOn(
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

const tip = (gwei: number) => ({ result: `0x${(BigInt(gwei) * 10n ** 9n).toString(16)}` });

/** What a raw transaction may cost at most, and its nonce and chain. */
function read(params: readonly unknown[]) {
  const raw = z.templateLiteral(["0x02", z.string()]).parse(params[0]);
  const { nonce = 0, gas = 0n, maxFeePerGas = 0n, chainId, data = "0x" } = parseTransaction(raw);
  return { nonce, most: gas * maxFeePerGas, chainId, data, hash: keccak256(raw) };
}

/** The most that signatures can cost: one for each nonce. */
function mostOf(sent: readonly { nonce: number; most: bigint }[]): bigint {
  const byNonce = new Map<number, bigint>();
  for (const { nonce, most } of sent) {
    const before = byNonce.get(nonce) ?? 0n;
    byNonce.set(nonce, most > before ? most : before);
  }
  return [...byNonce.values()].reduce((sum, most) => sum + most, 0n);
}

const PaymentsFile = z.object({
  payments: z.array(z.object({ time: z.number(), versions: z.array(z.object({ most: z.string() })) })),
});
function noted({ home }: RpcConfiguration) {
  const folder = join(home, "payments");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => PaymentsFile.parse(JSON.parse(readFileSync(join(folder, name), "utf8"))).payments);
}
const notedMost = (configuration: RpcConfiguration) =>
  noted(configuration)
    .map(({ versions }) => versions.map(({ most }) => BigInt(most)).reduce((a, b) => (a < b ? b : a), 0n))
    .reduce((a, b) => a + b, 0n);

const pendingIn = async (rpc: Rpc) =>
  (await rpc.call("txpool_status", [], z.object({ pending: z.string() }))).pending !== "0x0";

async function leaveWaiting(configuration: RpcConfiguration, rpc: Rpc, root: Digest): Promise<string> {
  const controller = new AbortController();
  const ended = expect(writerOn(configuration).anchor(root, controller.signal)).rejects.toThrow("enough");
  await eventually("its transaction to wait for a block", () => pendingIn(rpc));
  controller.abort(new Error("enough"));
  await ended;
  const folder = join(configuration.home, "payments");
  const [name = ""] = readdirSync(folder).filter((one) => one.endsWith(".json"));
  const all = [...readFileSync(join(folder, name), "utf8").matchAll(/"hash": "(0x[0-9a-f]{64})"/g)];
  return z.string().parse(all.at(-1)?.[1]);
}

afterEach(() => {
  vi.restoreAllMocks();
});

test.each(["an unknown chain", "a known chain whose server says that it is a developer's node"])(
  "MONEY-1: on %s, a server that tells another block 0 each time gets no more than a day may cost",
  async (which) => {
    const { configuration, rpc } = await rpcChain(10740);
    const genesis = await rpc.call("eth_getBlockByNumber", ["0x0", false], Block);
    const known: KnownChain = {
      id: 10740,
      genesisHash: genesis.hash,
      contract: configuration.contract,
      codeHash: null,
      timestampsSlot: 2,
      implementation: null,
    };
    const isKnown = which.startsWith("a known");
    let forged = 0;
    const sent: ReturnType<typeof read>[] = [];
    const url = await liar(
      configuration,
      ({ method, params }) => {
        switch (method) {
          case "eth_maxPriorityFeePerGas":
            return tip(800);
          case "web3_clientVersion":
            return { result: isKnown ? "anvil/v1.7.1" : "Geth/v1.16" };
          case "eth_sendRawTransaction":
            sent.push(read(params));
            return null;
          default:
            return null;
        }
      },
      ({ method, params }, result) =>
        method === "eth_getBlockByNumber" && params[0] === "0x0"
          ? {
              ...z.looseObject({}).parse(result),
              hash: `0x${forged.toString(16).padStart(8, "0")}${"a".repeat(56)}`,
            }
          : result,
    );
    for (let count = 0; count < 8; count += 1) {
      forged = count;
      const writer = openWriter(
        { ...configuration, rpcUrls: [url] },
        { key: DEVELOPMENT_KEY, confirm: agreed, ...(isKnown && { knownChains: [known] }) },
      );
      await writer.anchor(randomDigest()).catch(() => {});
      await writer.close();
    }
    expect(mostOf(sent)).toBeLessThanOrEqual(MAX_PER_DAY);
  },
);

test("MONEY-1b: one whose block 0 is told differently does not get the waiting payment a second time", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const root = randomDigest();
  const before = await rpc.call(
    "eth_getTransactionCount",
    [address, "pending"],
    z.string().transform(Number),
  );
  await leaveWaiting(configuration, rpc, root);
  const url = await liar(
    configuration,
    () => null,
    ({ method, params }, result) =>
      method === "eth_getBlockByNumber" && params[0] === "0x0"
        ? { ...z.looseObject({}).parse(result), hash: `0x${"b".repeat(64)}` }
        : result,
  );
  const controller = new AbortController();
  const ended = writerOn({ ...configuration, rpcUrls: [url] })
    .anchor(root, controller.signal)
    .catch(() => {});
  await Promise.race([
    ended,
    eventually("a second to wait", async () => {
      const count = await rpc.call(
        "eth_getTransactionCount",
        [address, "pending"],
        z.string().transform(Number),
      );
      return count > before + 1;
    }).catch(() => {}),
  ]);
  controller.abort(new Error("enough"));
  await ended;
  const after = await rpc.call("eth_getTransactionCount", [address, "pending"], z.string().transform(Number));
  expect(after).toBe(before + 1);
});

test("MONEY-2: a replacement by price counts against the day's limit", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  let gwei = 800;
  const url = await liar(configuration, ({ method }) =>
    method === "eth_maxPriorityFeePerGas" ? tip(gwei) : null,
  );
  const lying = { ...configuration, rpcUrls: [url] };
  await rpc.call("evm_setAutomine", [true], z.unknown());
  for (let count = 0; count < 4; count += 1) {
    await writerOn(lying).anchor(randomDigest());
  }
  await rpc.call("evm_setAutomine", [false], z.unknown());
  gwei = 1;
  const root = randomDigest();
  const hash = await leaveWaiting(lying, rpc, root);
  await rpc.call("anvil_dropTransaction", [hash], z.unknown());
  gwei = 800;
  const controller = new AbortController();
  const again = writerOn(lying)
    .anchor(root, controller.signal)
    .catch(() => {});
  await Promise.race([again, eventually("it to wait again", () => pendingIn(rpc)).catch(() => {})]);
  controller.abort(new Error("enough"));
  await again;
  expect(notedMost(configuration)).toBeLessThanOrEqual(MAX_PER_DAY);
});

test("MONEY-2b: what is signed today counts today, also where its first version is older than a day", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  let gwei = 1;
  const sent: (ReturnType<typeof read> & { at: number })[] = [];
  let now = 1_800_000_000;
  const url = await liar(configuration, ({ method, params }) => {
    if (method === "eth_sendRawTransaction") {
      sent.push({ ...read(params), at: now });
    }
    return method === "eth_maxPriorityFeePerGas" ? tip(gwei) : null;
  });
  const lying = { ...configuration, rpcUrls: [url] };
  const { rpc: server, identity } = await connectRpc(lying);
  const pay = (root: Digest, signal?: AbortSignal) =>
    payFor({
      rpc: server,
      identity,
      account,
      home: configuration.home,
      roots: [root],
      confirm: agreed,
      now: () => now,
      ...(signal !== undefined && { signal }),
    });
  const root = randomDigest();
  const hash = await leaveWaiting(lying, rpc, root);
  // The same payment as if it was signed a day and a bit before what follows.
  now = Math.floor(Date.now() / 1000) + 90_000;
  await rpc.call("anvil_dropTransaction", [hash], z.unknown());
  gwei = 780;
  await rpc.call("evm_setAutomine", [true], z.unknown());
  sent.length = 0;
  await pay(root);
  for (let count = 0; count < 6; count += 1) {
    await pay(randomDigest()).catch(() => {});
  }
  expect(mostOf(sent)).toBeLessThanOrEqual(MAX_PER_DAY);
});

test.each([
  ["hides receipts and counts on", false],
  ["makes receipts up", true],
])("MONEY-3: a server that %s gets no more for one anchor by being asked again", async (_name, receipts) => {
  const { configuration } = await rpcChain(10740);
  const sent: ReturnType<typeof read>[] = [];
  const url = await liar(configuration, ({ method, params }) => {
    switch (method) {
      case "eth_sendRawTransaction":
        sent.push(read(params));
        return { result: sent.at(-1)?.hash };
      case "eth_getTransactionCount":
        return { result: `0x${(100 + sent.length).toString(16)}` };
      case "eth_getTransactionReceipt":
        return receipts
          ? {
              result: {
                transactionHash: `0x${"9".repeat(64)}`,
                blockNumber: "0x1",
                blockHash: `0x${"8".repeat(64)}`,
                status: "0x0",
                gasUsed: "0x1",
                logs: [],
              },
            }
          : { result: null };
      case "eth_maxPriorityFeePerGas":
        return tip(400);
      default:
        return null;
    }
  });
  const root = randomDigest();
  for (let count = 0; count < 5; count += 1) {
    await writerOn({ ...configuration, rpcUrls: [url] })
      .anchor(root)
      .catch(() => {});
  }
  expect(mostOf(sent)).toBeLessThanOrEqual(MAX_PER_ANCHOR);
});

test("MONEY-4: in one round, a server that tells of other missing batches each time gets no more for one of them", async () => {
  const { configuration } = await rpcChain(10740);
  const [a, b, c] = [randomDigest(), randomDigest(), randomDigest()];
  const rounds = [[a, b, c], [a, b], [a, c], [a], [a, b, c]];
  const sent: ReturnType<typeof read>[] = [];
  const url = await liar(configuration, ({ method, params }) => {
    switch (method) {
      case "eth_sendRawTransaction":
        sent.push(read(params));
        return { result: sent.at(-1)?.hash };
      case "eth_getTransactionCount":
        return { result: `0x${(100 + sent.length).toString(16)}` };
      case "eth_getTransactionReceipt":
        return {
          result: {
            transactionHash: `0x${"9".repeat(64)}`,
            blockNumber: "0x1",
            blockHash: `0x${"8".repeat(64)}`,
            status: "0x1",
            gasUsed: "0x1",
            logs: [],
          },
        };
      case "eth_maxPriorityFeePerGas":
        return tip(200);
      case "eth_call": {
        const { data } = z.object({ data: z.string() }).parse(params[0]);
        const root = [a, b, c].find((one) => data === getTimestampCall(one));
        if (root === undefined) {
          return null;
        }
        const missing = rounds[Math.min(sent.length, rounds.length - 1)]?.includes(root);
        return { result: `0x${(missing ? "0" : "65").padStart(64, "0")}` };
      }
      default:
        return null;
    }
  });
  await writerOn({ ...configuration, rpcUrls: [url] })
    .anchorAll([a, b, c])
    .catch(() => {});
  const forA = sent.filter(({ data }) => data.includes(a));
  expect(mostOf(forA)).toBeLessThanOrEqual(MAX_PER_ANCHOR);
});

test("MONEY-5: a transaction that a server swallowed near the limit is paid for by an honest one later, where fees are low", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const root = randomDigest();
  let swallowed = false;
  const url = await liar(configuration, ({ method, params }) => {
    if (method === "eth_sendRawTransaction") {
      swallowed = true;
      return { result: read(params).hash };
    }
    return method === "eth_maxPriorityFeePerGas" ? tip(800) : null;
  });
  const controller = new AbortController();
  const ended = writerOn({ ...configuration, rpcUrls: [url] })
    .anchor(root, controller.signal)
    .catch(() => {});
  await eventually("it to be swallowed", async () => swallowed);
  controller.abort(new Error("enough"));
  await ended;
  const before = await rpc.call("eth_blockNumber", [], z.string().transform(Number));
  await writerOn(configuration).anchor(root);
  expect(await rpc.call("eth_blockNumber", [], z.string().transform(Number))).toBeGreaterThan(before);
});

test("MONEY-6: an account that was empty for ten attempts can pay once it has been funded", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  await rpc.call("anvil_setBalance", [address, "0x1"], z.unknown());
  const root = randomDigest();
  // This node estimates for whoever has nothing, as many do.
  const url = await liar(configuration, ({ method }) =>
    method === "eth_estimateGas" ? { result: "0xb500" } : null,
  );
  const honest = { ...configuration, rpcUrls: [url] };
  const reasons: string[] = [];
  for (let count = 0; count < 12; count += 1) {
    await writerOn(honest)
      .anchor(root)
      .catch((error: unknown) => reasons.push(String(error)));
  }
  await rpc.call("anvil_setBalance", [address, "0x21e19e0c9bab2400000"], z.unknown());
  expect(reasons).toHaveLength(12);
  const anchor = await writerOn(honest)
    .anchor(root)
    .catch((error: unknown) => String(error));
  expect(anchor).toMatchObject({ batchRoot: root });
});

test("MONEY-7: a transaction that was dropped, and whose batch somebody else timestamped, does not stop all later ones", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const root = randomDigest();
  const hash = await leaveWaiting(configuration, rpc, root);
  await rpc.call("anvil_dropTransaction", [hash], z.unknown());
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
  await rpc.call("eth_sendRawTransaction", [signed], z.string());
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  await rpc.call("evm_setAutomine", [true], z.unknown());
  // Three minutes pass in a few seconds.
  const real = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => real() * 20);
  const fresh = randomDigest();
  const anchor = await writerOn(configuration)
    .anchor(fresh)
    .catch((error: unknown) => String(error));
  expect(anchor).toMatchObject({ batchRoot: fresh });
});

test("MONEY-10: a hundred batches that are too much for one transaction go into several", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const url = await liar(configuration, ({ method }) =>
    method === "eth_maxPriorityFeePerGas" ? tip(20) : null,
  );
  const before = await rpc.call("eth_getBalance", [address, "latest"], z.string().transform(BigInt));
  const roots = Array.from({ length: 100 }, randomDigest);
  const outcome = await writerOn({ ...configuration, rpcUrls: [url] })
    .anchorAll(roots)
    .then(
      (anchors) => `${anchors.length} anchored`,
      (error: unknown) => String(error),
    );
  const after = await rpc.call("eth_getBalance", [address, "latest"], z.string().transform(BigInt));
  expect(before - after).toBeLessThanOrEqual(MAX_PER_DAY);
  expect(outcome).toBe("100 anchored");
});

test("MONEY-11: a clock that is set forward and back again gives nothing beyond what forward gives", async () => {
  const { configuration } = await rpcChain(10740);
  const sent: (ReturnType<typeof read> & { at: number })[] = [];
  let now = 1_800_000_000;
  const url = await liar(configuration, ({ method, params }) => {
    if (method === "eth_sendRawTransaction") {
      sent.push({ ...read(params), at: now });
    }
    return method === "eth_maxPriorityFeePerGas" ? tip(780) : null;
  });
  const { rpc: server, identity } = await connectRpc({ ...configuration, rpcUrls: [url] });
  const pay = () =>
    payFor({
      rpc: server,
      identity,
      account,
      home: configuration.home,
      roots: [randomDigest()],
      confirm: agreed,
      now: () => now,
    }).then(
      () => "paid",
      (error: unknown) => String(error),
    );
  while ((await pay()) === "paid") {
    now += 1;
  }
  now += 2 * 86_400;
  expect(await pay()).toBe("paid");
  now -= 2 * 86_400;
  // All of the first day's payments, and one that lies in the future, were signed within a day before or after now.
  expect(await pay()).toMatch(/at most 0\.2 a day/);
});

test("MONEY-12: whoever lost the lock of an account, asleep in another container, forgets no other's payment", async () => {
  const { configuration } = await rpcChain(10740);
  const { home } = configuration;
  const chain = { chainId: 10740, genesisHash: `0x${"1".repeat(64)}` } as const;
  const payment = (nonce: number) => ({
    nonce,
    roots: [randomDigest()],
    versions: [{ hash: `0x${String(nonce).padStart(64, "0")}`, most: 10n ** 16n, maxFeePerGas: 1n, tip: 1n }],
    time: 1_800_000_000 + nonce,
    state: "open" as const,
  });
  let slept = (): void => {};
  const asleep = new Promise<void>((resolve) => {
    slept = resolve;
  });
  let held = (): void => {};
  const holds = new Promise<void>((resolve) => {
    held = resolve;
  });
  const first = PaymentLog.with(home, chain, address, async (log) => {
    await log.note(payment(1));
    held();
    await asleep;
    await log.note({ ...payment(1), state: "included" });
  }).catch((error: unknown) => String(error));
  await holds;
  // As another container sees it after both slept for an hour: of a place that it cannot look into, and old.
  const folder = join(home, "payments");
  const [lock = ""] = readdirSync(folder).filter((name) => name.endsWith(".lock"));
  const owner = z.looseObject({}).parse(JSON.parse(readFileSync(join(folder, lock), "utf8")));
  writeFileSync(join(folder, lock), JSON.stringify({ ...owner, place: "another container" }));
  utimesSync(join(folder, lock), new Date(Date.now() - 3_600_000), new Date(Date.now() - 3_600_000));
  await PaymentLog.with(home, chain, address, async (log) => {
    await log.note({ ...payment(1), state: "included" });
    await log.note(payment(2));
  });
  slept();
  await first;
  const { payments } = await PaymentLog.with(home, chain, address, async (log) => ({
    payments: log.payments,
  }));
  expect(payments.map(({ nonce }) => nonce)).toContain(2);
});

test("MONEY-14: a batch whose block a server no longer shows keeps no other batch from the chain", async () => {
  const { configuration } = await rpcChain(10740);
  const old = await writerOn(configuration).anchor(randomDigest());
  const url = await liar(configuration, ({ method }) =>
    method === "eth_getLogs" ? { refused: "history has been pruned for this block" } : null,
  );
  const fresh = randomDigest();
  const pruned = { ...configuration, rpcUrls: [url] };
  await writerOn(pruned)
    .anchorAll([old.batchRoot, fresh])
    .catch(() => {});
  const reader = writerOn(configuration);
  expect(await reader.check(fresh, [])).toMatchObject({
    status: expect.stringMatching(/included|finalized/),
  });
});

test.each(["Geth/v1.16", "anvil/v1.7.1"])(
  "MONEY-15: a person is shown the chain on which a signature is good, whatever the server (%s) calls itself",
  async (version) => {
    const { configuration } = await rpcChain(8453);
    const url = await liar(configuration, ({ method }) =>
      method === "web3_clientVersion" ? { result: version } : null,
    );
    const bills: Bill[] = [];
    const sent: ReturnType<typeof read>[] = [];
    const outcome = await writerOn(
      { ...configuration, rpcUrls: [url] },
      {
        confirm: async (bill) => {
          bills.push(bill);
          return false;
        },
      },
    )
      .anchor(randomDigest())
      .catch((error: unknown) => String(error));
    expect(sent).toEqual([]);
    // Another block 0 than Base's: either nothing is asked, or Base is named.
    expect({ outcome, named: bills.every(({ chain }) => chain.includes("Base")) }).toMatchObject({
      named: true,
    });
  },
);

test("MONEY-16: payments that were made while the clock was ten years ahead do not stop all others for ten years", async () => {
  const { configuration } = await rpcChain(10740);
  const start = 1_800_000_000;
  let now = start + 10 * 365 * 86_400;
  const url = await liar(configuration, ({ method }) =>
    method === "eth_maxPriorityFeePerGas" ? tip(780) : null,
  );
  const { rpc: server, identity } = await connectRpc({ ...configuration, rpcUrls: [url] });
  const pay = () =>
    payFor({
      rpc: server,
      identity,
      account,
      home: configuration.home,
      roots: [randomDigest()],
      confirm: agreed,
      now: () => now,
    }).then(
      () => "paid",
      (error: unknown) => String(error),
    );
  while ((await pay()) === "paid") {
    now += 1;
  }
  now = start;
  await pay();
  // A week later by a clock that is right.
  now = start + 7 * 86_400;
  const outcome = await pay();
  // Paid, or told that it is the clock and where the notes lie; but not "of the last 24 hours", and "tomorrow".
  expect(outcome).not.toMatch(/of the last 24 hours/);
});

test("MONEY-17: a payment that a lying server put behind a gap of nonces does not stop all later ones", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  let passed = false;
  const url = await liar(
    configuration,
    ({ method }) => {
      passed ||= method === "eth_sendRawTransaction";
      return null;
    },
    ({ method, params }, result) =>
      method === "eth_getTransactionCount" && params[1] === "pending"
        ? `0x${(Number(result) + 3).toString(16)}`
        : result,
  );
  const controller = new AbortController();
  const ended = writerOn({ ...configuration, rpcUrls: [url] })
    .anchor(randomDigest(), controller.signal)
    .catch(() => {});
  await eventually("it to wait behind the gap", async () => {
    const { queued } = await rpc.call("txpool_status", [], z.object({ queued: z.string() }));
    return passed && queued !== "0x0";
  });
  controller.abort(new Error("enough"));
  await ended;
  // Three minutes pass in a few seconds.
  const real = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => real() * 20);
  const fresh = randomDigest();
  const anchor = await writerOn(configuration)
    .anchor(fresh)
    .catch((error: unknown) => String(error));
  expect(anchor).toMatchObject({ batchRoot: fresh });
});
