/** What anchoring may cost, whatever servers answer and whenever a process ends. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import {
  type Bill,
  MAX_NONCES,
  MAX_PER_DAY,
  MAX_PER_SUBJECT,
  mostOf,
  type Signed,
} from "../../../server/src/chain/payments/payment";
import { Quantity } from "../../../server/src/chain/rpc/blocks";
import type { Rpc } from "../../../server/src/chain/rpc/rpc";
import { ProoflineError } from "../../../server/src/platform/errors";
import { randomDigest } from "../../support/digests";
import { eventually } from "../../support/eventually";
import {
  account,
  gwei,
  isWaiting,
  leaveWaiting,
  notedIn,
  paymentsIn,
  signedIn,
  startDear,
  startLiar,
  timestampByAnother,
  writerOn,
} from "../../support/payments";
import { rpcChain } from "../../support/rpcChain";

const { address } = account;
const ETHER = 10n ** 18n;

const countOf = (rpc: Rpc): Promise<number> =>
  rpc.call("eth_getTransactionCount", [address, "latest"], Quantity);

test("several batches go into one transaction", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const writer = writerOn(configuration);
  const known = await writer.anchor(randomDigest());
  const before = await countOf(rpc);
  const roots = [randomDigest(), known.batchRoot, ...Array.from({ length: 10 }, randomDigest)];
  const anchors = (await writer.anchorAll(roots)).map((result) => {
    if (result instanceof ProoflineError) {
      throw result;
    }
    return result;
  });
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
  const declines = writerOn(configuration, {
    confirm: async (bill) => {
      bills.push(bill);
      return false;
    },
  });
  const declined = {
    code: "chain.payment",
    remedy: "confirmPayment",
    reason: expect.stringMatching(/first payment of 0x.* about 0\.\d+ and at most 0\.\d+ .* 2 batches/),
  };
  expect(await declines.anchorAll([randomDigest(), randomDigest()])).toMatchObject([declined, declined]);
  expect(bills).toMatchObject([{ chain: "chain 10740", account: address, batches: 2 }]);
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
  const sent: Signed[] = [];
  const url = await startLiar(configuration, ({ method, params }) => {
    switch (method) {
      case "eth_sendRawTransaction":
        sent.push(signedIn(params));
        return { refused: "nonce too low: next nonce 4711" };
      case "eth_getTransactionCount": {
        const result = count(sent.length);
        return result === null ? null : { result };
      }
      case "eth_maxPriorityFeePerGas":
        return gwei(200);
      default:
        return null;
    }
  });
  await expect(writerOn({ ...configuration, rpcUrls: [url] }).anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.payment",
  });
  expect(mostOf(sent)).toBeGreaterThan(0n);
  expect(mostOf(sent)).toBeLessThanOrEqual(MAX_PER_SUBJECT);
  expect(new Set(sent.map(({ nonce }) => nonce)).size).toBeLessThanOrEqual(MAX_NONCES);
});

test("a server that hides receipts, day after day the same, gets no more than a day may cost", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const { lying } = await startDear(configuration, () => 800);
  const writer = writerOn(lying);
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

test("one that was dropped is sent again as it is", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const before = await countOf(rpc);
  const root = randomDigest();
  const hash = await leaveWaiting(configuration, rpc, root);
  await rpc.call("anvil_dropTransaction", [hash], z.unknown());
  const again = writerOn(configuration).anchor(root);
  await eventually("it to wait again", () => isWaiting(rpc));
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  expect((await again).transaction).toBe(hash);
  expect(notedIn(configuration)).toHaveLength(1);
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
  const hash = await timestampByAnother(configuration, rpc, [root]);
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  expect((await writerOn(configuration).anchor(root)).transaction).toBe(hash);
});

test("an account that cannot pay is named with what it holds", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  await rpc.call("anvil_setBalance", [address, "0x38d7ea4c68000"], z.unknown());
  const { lying } = await startDear(configuration, () => 200);
  await expect(writerOn(lying).anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.payment",
    remedy: "fundAccount",
    reason: expect.stringContaining(`${address}, which holds 0.001`),
  });
});

test("notes that cannot be read stop payments: nobody knows what was spent", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  await writerOn(configuration).anchor(randomDigest());
  const [name = ""] = readdirSync(paymentsIn(configuration));
  const path = join(paymentsIn(configuration), name);
  writeFileSync(path, readFileSync(path, "utf8").slice(0, -20));
  const before = await countOf(rpc);
  await expect(writerOn(configuration).anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.payment",
    remedy: "restorePayments",
    reason: expect.stringContaining(path),
  });
  expect(await countOf(rpc)).toBe(before);
});
