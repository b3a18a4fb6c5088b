/** Nothing that happens to a payment stops those after it for ever. */
import { expect, test } from "vitest";
import * as z from "zod";
import { MAX_PER_DAY } from "../../../server/src/chain/payments/payment";
import { Quantity } from "../../../server/src/chain/rpc/blocks";
import type { Rpc } from "../../../server/src/chain/rpc/rpc";
import { ProoflineError } from "../../../server/src/platform/errors";
import { afterwards } from "../../support/cleanups";
import { randomDigest } from "../../support/digests";
import { eventually } from "../../support/eventually";
import {
  account,
  anchorUntil,
  gwei,
  isWaiting,
  leaveWaiting,
  notedIn,
  type Own,
  signedIn,
  startDear,
  startLiar,
  timestampByAnother,
  writerOn,
} from "../../support/payments";
import { type RpcConfiguration, rpcChain } from "../../support/rpcChain";

const { address } = account;

const balanceOf = (rpc: Rpc): Promise<bigint> =>
  rpc.call("eth_getBalance", [address, "latest"], z.string().transform(BigInt));

/** Anchors by way of a server that keeps what it is sent to itself. */
async function leaveSwallowed(
  configuration: RpcConfiguration,
  root: string & z.$brand<"Digest">,
  answer: (method: string) => Own,
  change: (method: string, result: unknown) => unknown = (_method, result) => result,
): Promise<void> {
  let swallowed = false;
  const url = await startLiar(
    configuration,
    ({ method, params }) => {
      if (method === "eth_sendRawTransaction") {
        swallowed = true;
        return { result: signedIn(params).hash };
      }
      return answer(method);
    },
    ({ method }, result) => change(method, result),
  );
  const other = { ...configuration, rpcUrls: [url] };
  await anchorUntil(other, root, "it to be swallowed", async () => swallowed);
}

test("what one server swallowed near the limit another is sent as it is", async () => {
  const { configuration } = await rpcChain(10740);
  const root = randomDigest();
  await leaveSwallowed(configuration, root, (method) =>
    method === "eth_maxPriorityFeePerGas" ? gwei(800) : null,
  );
  const { transaction } = await writerOn(configuration).anchor(root);
  expect(notedIn(configuration).map(({ hash }) => hash)).toEqual([transaction]);
});

test("where a swallowed transaction is none that an honest server takes, another takes its place", async () => {
  const { configuration } = await rpcChain(10740);
  const root = randomDigest();
  // More gas than any block has, at next to no price.
  await leaveSwallowed(
    configuration,
    root,
    (method) =>
      method === "eth_estimateGas"
        ? { result: "0xffffffff" }
        : method === "eth_maxPriorityFeePerGas"
          ? { result: "0x1" }
          : null,
    (method, result) =>
      method === "eth_getBlockByNumber"
        ? { ...z.looseObject({}).parse(result), baseFeePerGas: "0x1" }
        : result,
  );
  const swallowed = notedIn(configuration);
  const { transaction } = await writerOn(configuration).anchor(root);
  expect(notedIn(configuration)).toMatchObject([
    ...swallowed,
    { hash: transaction, nonce: swallowed[0]?.nonce },
  ]);
});

test("an account that was empty can pay once it has been funded, with what was signed before", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  await rpc.call("anvil_setBalance", [address, "0x1"], z.unknown());
  const root = randomDigest();
  // This node estimates for whoever has nothing, as many do.
  const url = await startLiar(configuration, ({ method }) =>
    method === "eth_estimateGas" ? { result: "0xb500" } : null,
  );
  const honest = { ...configuration, rpcUrls: [url] };
  for (let count = 0; count < 4; count += 1) {
    await expect(writerOn(honest).anchor(root)).rejects.toMatchObject({ remedy: "fundAccount" });
  }
  await rpc.call("anvil_setBalance", [address, "0x21e19e0c9bab2400000"], z.unknown());
  const { transaction } = await writerOn(honest).anchor(root);
  expect(notedIn(configuration).map(({ hash }) => hash)).toEqual([transaction]);
});

test("an account that cannot pay what a dear server asked for pays a cheap one", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  await rpc.call("anvil_setBalance", [address, "0x16345785d8a000"], z.unknown());
  const root = randomDigest();
  const { lying } = await startDear(configuration, () => 800);
  const dear = { ...lying };
  const url = await startLiar(dear, ({ method }) =>
    method === "eth_estimateGas" ? { result: "0xb500" } : null,
  );
  await expect(writerOn({ ...dear, rpcUrls: [url] }).anchor(root)).rejects.toMatchObject({
    remedy: "fundAccount",
  });
  await writerOn(configuration).anchor(root);
  expect(new Set(notedIn(configuration).map(({ nonce }) => nonce)).size).toBe(1);
});

test("where a server calls it underpriced again and again, another takes it", async () => {
  const { configuration } = await rpcChain(10740);
  const root = randomDigest();
  const url = await startLiar(configuration, ({ method }) =>
    method === "eth_sendRawTransaction"
      ? { refused: "transaction underpriced: tip needed 1, permitted 0" }
      : null,
  );
  for (let count = 0; count < 3; count += 1) {
    await expect(writerOn({ ...configuration, rpcUrls: [url] }).anchor(root)).rejects.toMatchObject({
      reason: expect.stringContaining("underpriced"),
    });
  }
  await writerOn(configuration).anchor(root);
  const noted = notedIn(configuration);
  expect(new Set(noted.map(({ nonce }) => nonce)).size).toBe(1);
  expect(noted).toHaveLength(3);
});

test("one that was dropped, and whose batch somebody else timestamped, leaves its nonce to the next", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const root = randomDigest();
  const hash = await leaveWaiting(configuration, rpc, root);
  const [dropped] = notedIn(configuration);
  await rpc.call("anvil_dropTransaction", [hash], z.unknown());
  await timestampByAnother(configuration, rpc, [root]);
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  await rpc.call("evm_setAutomine", [true], z.unknown());
  const fresh = randomDigest();
  expect(await writerOn(configuration).anchor(fresh)).toMatchObject({ batchRoot: fresh });
  expect(notedIn(configuration).at(-1)).toMatchObject({ nonce: dropped?.nonce, subjects: [fresh] });
});

test("one behind a gap of nonces, of which a server told, does not stop those that come before it", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const url = await startLiar(
    configuration,
    () => null,
    ({ method, params }, result) =>
      method === "eth_getTransactionCount" && params[1] === "pending"
        ? `0x${(Number(result) + 3).toString(16)}`
        : result,
  );
  const root = randomDigest();
  await anchorUntil({ ...configuration, rpcUrls: [url] }, root, "it to wait behind the gap", async () => {
    const { queued } = await rpc.call("txpool_status", [], z.object({ queued: z.string() }));
    return queued !== "0x0";
  });
  for (const fresh of [randomDigest(), root, randomDigest(), randomDigest(), randomDigest()]) {
    expect(await writerOn(configuration).anchor(fresh)).toMatchObject({ batchRoot: fresh });
  }
});

test("on a chain that began anew what waits from before does not come first", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const before = await rpc.call("evm_snapshot", [], z.string());
  for (let count = 0; count < 3; count += 1) {
    await writerOn(configuration).anchor(randomDigest());
  }
  await rpc.call("evm_revert", [before], z.literal(true));
  const fresh = randomDigest();
  await writerOn(configuration).anchor(fresh);
  const [first, , , last] = notedIn(configuration);
  expect(last).toMatchObject({ nonce: first?.nonce, subjects: [fresh] });
});

test("where a wallet's transaction waits with the same nonce, the next one is taken after it", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const nonce = await rpc.call("eth_getTransactionCount", [address, "latest"], Quantity);
  const wallets = await account.signTransaction({
    chainId: 10740,
    type: "eip1559",
    nonce,
    to: address,
    gas: 21_000n,
    maxFeePerGas: 100_000_000_000n,
    maxPriorityFeePerGas: 100_000_000_000n,
  });
  await rpc.call("eth_sendRawTransaction", [wallets], z.string());
  let sent = false;
  const url = await startLiar(
    configuration,
    ({ method }) => {
      sent ||= method === "eth_sendRawTransaction";
      return null;
    },
    ({ method, params }, result) =>
      method === "eth_getTransactionCount" && params[1] === "pending" && !sent
        ? `0x${nonce.toString(16)}`
        : result,
  );
  const anchoring = writerOn({ ...configuration, rpcUrls: [url] }).anchor(randomDigest());
  await eventually("it to be sent", async () => sent);
  await rpc.call("evm_setAutomine", [true], z.unknown());
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  await anchoring;
  expect(notedIn(configuration).map((signed) => signed.nonce)).toEqual([nonce, nonce + 1]);
});

test("a hundred batches that are too much for one transaction go into several", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const { lying, sent } = await startDear(configuration, () => 20);
  const before = await balanceOf(rpc);
  const results = await writerOn(lying).anchorAll(Array.from({ length: 100 }, randomDigest));
  expect(results.filter((result) => result instanceof ProoflineError)).toEqual([]);
  expect(sent).toHaveLength(2);
  expect(before - (await balanceOf(rpc))).toBeLessThanOrEqual(MAX_PER_DAY);
});

test("a batch whose block a server no longer shows keeps no other from the chain, nor from its anchor", async () => {
  const { configuration } = await rpcChain(10740);
  const old = await writerOn(configuration).anchor(randomDigest());
  const url = await startLiar(configuration, ({ method }) =>
    method === "eth_getLogs" ? { refused: "history has been pruned for this block" } : null,
  );
  const fresh = randomDigest();
  const pruned = { ...configuration, rpcUrls: [url] };
  expect(await writerOn(pruned).anchorAll([old.batchRoot, fresh])).toMatchObject([
    { code: "chain.rejected", reason: expect.stringContaining("pruned") },
    { batchRoot: fresh },
  ]);
});

test("a server that asks for more than a signature can say is told what Proofline pays", async () => {
  const { configuration } = await rpcChain(10740);
  const most = { result: `0x${"f".repeat(64)}` };
  const answers: readonly Readonly<Record<string, Own>>[] = [
    { eth_gasPrice: most, eth_maxPriorityFeePerGas: most },
    { eth_estimateGas: { result: "0x0" }, eth_gasPrice: most, eth_maxPriorityFeePerGas: most },
  ];
  for (const answer of answers) {
    const url = await startLiar(configuration, ({ method }) => answer[method] ?? null);
    await expect(writerOn({ ...configuration, rpcUrls: [url] }).anchor(randomDigest())).rejects.toMatchObject(
      { code: "chain.payment", remedy: "waitForLowerFees" },
    );
  }
});

test("while a person thinks about a first payment, another window may pay", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  let answer = (_agrees: boolean): void => {};
  let asked = false;
  const thinking = writerOn(configuration, {
    confirm: () => {
      asked = true;
      return new Promise<boolean>((resolve) => {
        answer = resolve;
      });
    },
  }).anchor(randomDigest());
  afterwards(async () => {
    answer(false);
    await thinking.catch(() => {});
  });
  await eventually("the person to be asked", async () => asked);
  const other = writerOn(configuration).anchor(randomDigest());
  await eventually("the other window to pay", () => isWaiting(rpc));
  await rpc.call("evm_setAutomine", [true], z.unknown());
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  await other;
  answer(true);
  await thinking;
  expect(notedIn(configuration)).toHaveLength(2);
});

test("two windows that anchor at once pay for each batch once", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  await writerOn(configuration).anchor(randomDigest());
  const [both, one, other] = [randomDigest(), randomDigest(), randomDigest()];
  const before = await rpc.call("eth_getTransactionCount", [address, "latest"], Quantity);
  const results = await Promise.all([
    writerOn(configuration).anchorAll([both, one]),
    writerOn(configuration).anchorAll([both, other]),
  ]);
  expect(results.flat().filter((result) => result instanceof ProoflineError)).toEqual([]);
  const after = await rpc.call("eth_getTransactionCount", [address, "latest"], Quantity);
  expect(after - before).toBeLessThanOrEqual(2);
});

test("where the pool knows the cheaper of two versions, and fees rise above it, it is sent the other", async () => {
  const { configuration, rpc } = await rpcChain(10740, "--no-mining");
  const root = randomDigest();
  await leaveWaiting(configuration, rpc, root);
  // This server makes a second, dear one necessary, and keeps it to itself.
  await leaveSwallowed(
    configuration,
    root,
    (method) => (method === "eth_maxPriorityFeePerGas" ? gwei(400) : null),
    (method, result) =>
      method === "eth_getBlockByNumber"
        ? { ...z.looseObject({}).parse(result), baseFeePerGas: gwei(100).result }
        : result,
  );
  const dear = notedIn(configuration).at(-1)?.hash;
  await rpc.call("anvil_setNextBlockBaseFeePerGas", ["0x12a05f2000"], z.unknown());
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  const anchoring = writerOn(configuration).anchor(root);
  await eventually("it to be sent", async () =>
    JSON.stringify(await rpc.call("txpool_content", [], z.unknown())).includes(String(dear)),
  );
  await rpc.call("anvil_mine", ["0x1"], z.unknown());
  expect((await anchoring).transaction).toBe(dear);
  expect(notedIn(configuration)).toHaveLength(2);
});

test("a server that forgets and refuses by turns gets no more than a few signatures at one go", async () => {
  const { configuration } = await rpcChain(10740);
  let sent = 0;
  const url = await startLiar(configuration, ({ method, params }) => {
    switch (method) {
      case "eth_sendRawTransaction":
        sent += 1;
        return sent % 2 === 1 ? { result: signedIn(params).hash } : { refused: "it is Tuesday" };
      case "eth_maxPriorityFeePerGas":
        return { result: `0x${(1_000_000 + sent).toString(16)}` };
      default:
        return null;
    }
  });
  await expect(writerOn({ ...configuration, rpcUrls: [url] }).anchor(randomDigest())).rejects.toMatchObject({
    code: "chain.payment",
    remedy: "changeServer",
  });
  expect(notedIn(configuration)).toHaveLength(10);
});
