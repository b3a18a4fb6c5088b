/** The limits of what anchoring may cost, against servers that try to have more signed. */
import { expect, test } from "vitest";
import * as z from "zod";
import { getTimestampCall } from "../../../server/src/chain/eas/eas";
import type { KnownChain } from "../../../server/src/chain/knownChains";
import {
  about,
  type Bill,
  MAX_PER_DAY,
  MAX_PER_SUBJECT,
  mostOf,
  type Signed,
} from "../../../server/src/chain/payments/payment";
import { Block } from "../../../server/src/chain/rpc/blocks";
import { randomDigest } from "../../support/digests";
import {
  account,
  anchorUntil,
  gwei,
  leaveWaiting,
  notedIn,
  notedMost,
  payerOn,
  signedIn,
  startDear,
  startLiar,
  writerOn,
} from "../../support/payments";
import { rpcChain } from "../../support/rpcChain";

const { address } = account;

test("a server that tells another block 0 each time gets no more than a day may cost, and of a known chain nothing", async () => {
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
  let told = 0;
  const sent: Signed[] = [];
  const url = await startLiar(
    configuration,
    ({ method, params }) => {
      switch (method) {
        case "eth_maxPriorityFeePerGas":
          return gwei(800);
        case "web3_clientVersion":
          return { result: "anvil/v1.7.1" };
        case "eth_sendRawTransaction":
          sent.push(signedIn(params));
          return null;
        default:
          return null;
      }
    },
    ({ method, params }, result) =>
      method === "eth_getBlockByNumber" && params[0] === "0x0"
        ? {
            ...z.looseObject({}).parse(result),
            hash: `0x${String(told).padStart(8, "0")}${"a".repeat(56)}`,
          }
        : result,
  );
  const lying = { ...configuration, rpcUrls: [url] };
  await expect(writerOn(lying, { knownChains: [known] }).anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.wrong",
  });
  expect(sent).toEqual([]);
  for (told = 1; told < 7; told += 1) {
    await writerOn(lying)
      .anchor(randomDigest())
      .catch(() => {});
  }
  expect(mostOf(sent)).toBeGreaterThan(MAX_PER_DAY / 2n);
  expect(mostOf(sent)).toBeLessThanOrEqual(MAX_PER_DAY);
});

test("a person is shown the chain on which the signature is good, whatever the server calls itself", async () => {
  const { configuration } = await rpcChain(130);
  const bills: Bill[] = [];
  const confirm = async (bill: Bill): Promise<boolean> => {
    bills.push(bill);
    return false;
  };
  await expect(writerOn(configuration, { confirm }).anchor(randomDigest())).rejects.toMatchObject({
    reason: expect.stringContaining("on Unichain:"),
  });
  expect(bills).toMatchObject([{ chain: "Unichain" }]);
});

test("where a payment waits, a server that tells another block 0 gets no second one", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const root = randomDigest();
  await leaveWaiting(configuration, rpc, root);
  let looks = 0;
  const url = await startLiar(
    configuration,
    ({ method }) => {
      looks += method === "eth_getTransactionReceipt" ? 1 : 0;
      return null;
    },
    ({ method, params }, result) =>
      method === "eth_getBlockByNumber" && params[0] === "0x0"
        ? { ...z.looseObject({}).parse(result), hash: `0x${"b".repeat(64)}` }
        : result,
  );
  const other = { ...configuration, rpcUrls: [url] };
  await anchorUntil(other, root, "it to be waited for", async () => looks > 2);
  expect(notedIn(configuration)).toHaveLength(1);
});

test("what takes the place of another counts against the day's limit", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  let tip = 800;
  const { lying } = await startDear(configuration, () => tip);
  for (let count = 0; count < 4; count += 1) {
    await writerOn(lying).anchor(randomDigest());
  }
  await rpc.call("evm_setAutomine", [false], z.unknown());
  tip = 1;
  const root = randomDigest();
  await leaveWaiting(lying, rpc, root);
  await rpc.call("anvil_setNextBlockBaseFeePerGas", ["0x12a05f2000"], z.unknown());
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  tip = 700;
  await expect(writerOn(lying).anchor(root)).rejects.toMatchObject({ remedy: "anchorTomorrow" });
  expect(notedMost(configuration)).toBeLessThanOrEqual(MAX_PER_DAY);
});

test("what is signed today counts today, also where what it replaces is older than a day", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  let tip = 1;
  const { lying, sent } = await startDear(configuration, () => tip);
  const root = randomDigest();
  await leaveWaiting(lying, rpc, root);
  sent.length = 0;
  await rpc.call("anvil_setNextBlockBaseFeePerGas", ["0x12a05f2000"], z.unknown());
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  await rpc.call("evm_setAutomine", [true], z.unknown());
  tip = 600;
  const tomorrow = Math.floor(Date.now() / 1000) + 90_000;
  const pay = await payerOn(lying, () => tomorrow);
  const outcomes = [await pay(root)];
  while (outcomes.at(-1) === "paid") {
    outcomes.push(await pay());
  }
  expect(outcomes.at(-1)).toContain("at most 0.2 a day");
  expect(outcomes.length).toBeGreaterThan(3);
  expect(mostOf(sent)).toBeLessThanOrEqual(MAX_PER_DAY);
});

test.each([
  ["hides receipts and counts on", false],
  ["makes receipts up", true],
])("a server that %s gets no more for one anchor by being asked again", async (_name, receipts) => {
  const { configuration } = await rpcChain(10740);
  const sent: Signed[] = [];
  const url = await startLiar(configuration, ({ method, params }) => {
    switch (method) {
      case "eth_sendRawTransaction":
        sent.push(signedIn(params));
        return { result: sent.at(-1)?.hash };
      case "eth_getTransactionCount":
        return { result: `0x${(100 + sent.length).toString(16)}` };
      case "eth_getTransactionReceipt":
        return { result: receipts ? { ...RECEIPT, transactionHash: params[0], status: "0x0" } : null };
      case "eth_maxPriorityFeePerGas":
        return gwei(400);
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
  expect(mostOf(sent)).toBeGreaterThan(0n);
  expect(mostOf(sent)).toBeLessThanOrEqual(MAX_PER_SUBJECT);
});

const RECEIPT = {
  transactionHash: `0x${"9".repeat(64)}`,
  blockNumber: "0x1",
  blockHash: `0x${"8".repeat(64)}`,
  from: address,
  status: "0x1",
  gasUsed: "0x1",
  logs: [],
};

test("a server that calls other batches missing each time, and makes receipts up, gets no more for one of them", async () => {
  const { configuration } = await rpcChain(10740);
  const [a, b, c] = [randomDigest(), randomDigest(), randomDigest()];
  const rounds = [[a, b, c], [a, b], [a, c], [a], [a, b, c]];
  const sent: Signed[] = [];
  const url = await startLiar(configuration, ({ method, params }) => {
    switch (method) {
      case "eth_sendRawTransaction":
        sent.push(signedIn(params));
        return { result: sent.at(-1)?.hash };
      case "eth_getTransactionCount":
        return { result: `0x${(100 + sent.length).toString(16)}` };
      case "eth_getTransactionReceipt":
        return { result: { ...RECEIPT, transactionHash: params[0], status: "0x0" } };
      case "eth_maxPriorityFeePerGas":
        return gwei(200);
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
  await writerOn({ ...configuration, rpcUrls: [url] }).anchorAll([a, b, c]);
  for (const root of [a, b, c]) {
    expect(mostOf(about(sent, root))).toBeLessThanOrEqual(MAX_PER_SUBJECT);
  }
  expect(about(sent, a).length).toBeGreaterThan(1);
});
