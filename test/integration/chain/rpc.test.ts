import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import type { Anchor } from "../../../server/src/chain/chain";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { Rpc } from "../../../server/src/chain/rpc/rpc";
import { ANOTHER_COMPUTER } from "../../../server/src/chain/trust/checkRoot";
import { agreed } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { randomDigest } from "../../support/digests";
import { eventually } from "../../support/eventually";
import { rpcChain } from "../../support/rpcChain";
import { Refusal, startProxy } from "../../support/rpcProxy";

/** Generic EVM chains behind RPC servers: a second anvil, with ids of its own. */

describe("a chain behind an RPC server", () => {
  test("anchors with a key and finds the anchor, which is finalized two blocks later", async () => {
    const { configuration, rpc } = await rpcChain(10740);
    const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    const root = randomDigest();
    expect(await writer.check(root, [])).toMatchObject({ status: "pending", anchor: null });
    const anchor = await writer.anchor(root);
    expect(writer.lastGasUsed).toBeGreaterThan(40_000n);
    expect(writer.lastGasUsed).toBeLessThan(50_000n);
    expect(await writer.check(root, [anchor])).toEqual({
      status: "included",
      trust: "local",
      identity: { ...(await writer.identity()), name: "chain 10740 (local)", local: true },
      anchor,
    });
    await rpc.call("anvil_mine", ["0x2"], z.unknown());
    const reader = openChain(configuration, { start: false });
    afterwards(() => reader.close());
    expect(await reader.check(root, [anchor])).toMatchObject({ status: "finalized", anchor });
  });

  test("a server that is no developer's node gives trust in a single server", async () => {
    const { configuration } = await rpcChain(130);
    const proxy = await startProxy(configuration.rpcUrls[0] ?? "", (method, result) =>
      method === "web3_clientVersion" ? "op-geth/v1.101" : result,
    );
    const writer = openWriter(
      { ...configuration, rpcUrls: [`Me=${proxy}`] },
      { key: DEVELOPMENT_KEY, confirm: agreed },
    );
    afterwards(() => writer.close());
    const anchor = await writer.anchor(randomDigest());
    expect(await writer.check(anchor.batchRoot, [anchor])).toMatchObject({
      status: "included",
      trust: "singleRpc",
      operators: ["me"],
      identity: { name: "Unichain", local: false, chainId: 130 },
    });
  });

  test("a root that is there already is success, and its anchor is looked up", async () => {
    const { configuration, rpc } = await rpcChain(10740);
    const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    // Several blocks with one time before, between and after.
    const anchors: Anchor[] = [];
    for (let count = 0; count < 5; count++) {
      await rpc.call("anvil_mine", ["0x3"], z.unknown());
      anchors.push(await writer.anchor(randomDigest()));
    }
    await rpc.call("anvil_mine", ["0x5", "0xc"], z.unknown());
    for (const anchor of anchors) {
      expect(await writer.anchor(anchor.batchRoot)).toEqual(anchor);
      expect(writer.lastGasUsed).toBe(0n);
      expect(await writer.check(anchor.batchRoot, [])).toMatchObject({ status: "finalized", anchor });
    }
  });

  test("clients that anchor at once with one key all succeed, also the same root", async () => {
    const { configuration } = await rpcChain(10740);
    const writers = Array.from({ length: 6 }, () =>
      openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed }),
    );
    for (const writer of writers) {
      afterwards(() => writer.close());
    }
    const shared = randomDigest();
    const results = await Promise.all(
      writers.flatMap((writer) => [writer.anchor(randomDigest()), writer.anchor(shared)]),
    );
    for (const anchor of results) {
      expect(await writers[0]?.check(anchor.batchRoot, [anchor])).toMatchObject({
        status: expect.stringMatching(/included|finalized/),
      });
    }
    const same = results.filter(({ batchRoot: root }) => root === shared);
    expect(new Set(same.map(({ transaction }) => transaction)).size).toBe(1);
  });

  test("clients that anchor at once succeed while blocks are slow", async () => {
    const { configuration } = await rpcChain(10740, "--block-time", "1");
    const writers = Array.from({ length: 3 }, () =>
      openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed }),
    );
    for (const writer of writers) {
      afterwards(() => writer.close());
    }
    const anchors = await Promise.all(writers.map((writer) => writer.anchor(randomDigest())));
    expect(new Set(anchors.map(({ transaction }) => transaction)).size).toBe(3);
  });

  test("an aborted wait ends with the signal's reason", async () => {
    const { configuration, rpc } = await rpcChain(10740, "--no-mining");
    const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    const controller = new AbortController();
    const ended = expect(writer.anchor(randomDigest(), controller.signal)).rejects.toThrow("enough");
    await eventually("its transaction to wait for a block", async () => {
      const { pending } = await rpc.call("txpool_status", [], z.object({ pending: z.string() }));
      return pending !== "0x0";
    });
    controller.abort(new Error("enough"));
    await ended;
  });
});

describe("what contradicts an anchor", () => {
  test("a root that the chain does not hold is absent", async () => {
    const { configuration, rpc } = await rpcChain(10740);
    const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    const before = await rpc.call("evm_snapshot", [], z.string());
    const anchor = await writer.anchor(randomDigest());
    expect(await writer.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "included" });
    await rpc.call("evm_revert", [before], z.literal(true));
    await rpc.call("anvil_mine", ["0x5"], z.unknown());
    const reader = openChain(configuration, { start: false });
    afterwards(() => reader.close());
    expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "absent", anchor: null });
    // Whoever has seen it included sees that it is gone, too.
    await expect
      .poll(async () => (await writer.check(anchor.batchRoot, [anchor])).status, { timeout: 5_000 })
      .toBe("absent");
  });

  test("a root that moved to another block is reorged", async () => {
    const { configuration, rpc } = await rpcChain(10740);
    const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    const before = await rpc.call("evm_snapshot", [], z.string());
    const anchor = await writer.anchor(randomDigest());
    await rpc.call("evm_revert", [before], z.literal(true));
    await rpc.call("anvil_mine", ["0x2", "0x20"], z.unknown());
    const moved = await writer.anchor(anchor.batchRoot);
    expect(moved.block).not.toEqual(anchor.block);
    expect(await writer.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "reorged", anchor: null });
    // One anchor that holds is enough.
    expect(await writer.check(anchor.batchRoot, [anchor, moved])).toMatchObject({
      status: "included",
      anchor: moved,
    });
  });

  test("each field of an anchor is checked", async () => {
    const { configuration } = await rpcChain(10740);
    const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    const other = await writer.anchor(randomDigest());
    const anchor = await writer.anchor(randomDigest());
    const hash = `0x${randomDigest()}` as const;
    const changes: readonly [Partial<Anchor>, string][] = [
      [{ timestamp: anchor.timestamp + 1 }, "reorged"],
      [{ block: { ...anchor.block, hash } }, "reorged"],
      [{ block: { ...anchor.block, number: anchor.block.number - 1 } }, "reorged"],
      [{ block: other.block, timestamp: other.timestamp }, "reorged"],
      [{ block: { ...anchor.block, number: Number.MAX_SAFE_INTEGER } }, "reorged"],
      [{ transaction: other.transaction }, "reorged"],
      [{ transaction: hash }, "unreachable"],
      [{ genesisHash: hash }, "included"],
      [{ contract: `0x${"1".repeat(40)}` }, "included"],
      [{ chainId: 8453 }, "included"],
    ];
    for (const [change, status] of changes) {
      const check = await writer.check(anchor.batchRoot, [{ ...anchor, ...change }]);
      expect({ change, status: check.status }).toEqual({ change, status });
      // Where the file speaks of another chain, this one is asked for itself; else nothing of the file counts.
      expect(check.anchor).toEqual(status === "included" ? anchor : null);
    }
    // An anchor of another root proves nothing about this one.
    expect(await writer.check(randomDigest(), [anchor])).toMatchObject({ status: "pending" });
    expect(await writer.check(randomDigest(), [{ ...anchor, batchRoot: randomDigest() }])).toMatchObject({
      status: "pending",
    });
  });

  test("anchors on other chains are named", async () => {
    const { configuration } = await rpcChain(10740);
    const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    const anchor = await writer.anchor(randomDigest());
    const root = randomDigest();
    const claim = { ...anchor, batchRoot: root };
    const check = async (change: Partial<Anchor>) => writer.check(root, [{ ...claim, ...change }]);
    expect(await check({ chainId: 8453 })).toMatchObject({
      status: "wrongChain",
      reason: "The batch is anchored on Base, not on chain 10740 (local).",
    });
    expect(await check({ chainId: 31337 })).toMatchObject({
      status: "wrongChain",
      reason: "The batch is anchored on a local chain, not on chain 10740 (local).",
    });
    expect(await check({ genesisHash: `0x${randomDigest()}` })).toMatchObject({
      status: "wrongChain",
      reason: ANOTHER_COMPUTER,
    });
    expect(await check({ contract: `0x${"1".repeat(40)}` })).toMatchObject({
      status: "wrongChain",
      reason: expect.stringContaining(`0x${"1".repeat(40)}`),
    });
    expect(await check({})).toMatchObject({ status: "absent" });
  });

  test("a public server that lags behind proves no absence", async () => {
    const { configuration } = await rpcChain(130);
    const proxy = await startProxy(configuration.rpcUrls[0] ?? "", (method, result) =>
      method === "web3_clientVersion" ? "op-geth/v1.101" : result,
    );
    const writer = openWriter(
      { ...configuration, rpcUrls: [proxy] },
      { key: DEVELOPMENT_KEY, confirm: agreed },
    );
    afterwards(() => writer.close());
    const anchor = await writer.anchor(randomDigest());
    const root = randomDigest();
    expect(
      await writer.check(root, [{ ...anchor, batchRoot: root, block: { ...anchor.block, number: 1_000 } }]),
    ).toMatchObject({ status: "unreachable", reason: expect.stringContaining("has only reached block") });
  });
});

describe("the wrong chain", () => {
  test("another chain id is named with the configured one", async () => {
    const { configuration } = await rpcChain(10740);
    const reader = openChain({ ...configuration, id: 8453 }, { start: false });
    afterwards(() => reader.close());
    const check = await reader.check(randomDigest(), []);
    expect(check).toMatchObject({ status: "wrongChain", identity: null });
    expect(check.reason).toContain("chain 10740");
    expect(check.reason).toContain("Base (chain 8453)");
    await expect(reader.identity()).rejects.toMatchObject({ code: "chain.wrong" });
    const writer = openWriter({ ...configuration, id: 8453 }, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    await expect(writer.anchor(randomDigest())).rejects.toMatchObject({ code: "chain.wrong" });
  });

  test("no contract and another contract are told apart", async () => {
    const { configuration, registry } = await rpcChain(10740);
    const empty = openChain({ ...configuration, contract: `0x${"1".repeat(40)}` }, { start: false });
    afterwards(() => empty.close());
    expect(await empty.check(randomDigest(), [])).toMatchObject({
      status: "wrongChain",
      reason: expect.stringContaining("There is no contract at 0x1111"),
    });
    const other = openChain({ ...configuration, contract: registry }, { start: false });
    afterwards(() => other.close());
    expect(await other.check(randomDigest(), [])).toMatchObject({
      status: "wrongChain",
      reason: expect.stringContaining("is not the Ethereum Attestation Service"),
    });
  });

  test("a node that lags, and cannot run a call, says nothing about the contract", async () => {
    const { configuration } = await rpcChain(10740);
    for (const message of [
      "header not found",
      "missing trie node d67e4d (path )",
      "state is not available",
    ]) {
      const proxy = await startProxy(configuration.rpcUrls[0] ?? "", (method, result) =>
        method === "eth_call" ? new Refusal(-32_000, message) : result,
      );
      const reader = openChain({ ...configuration, rpcUrls: [proxy] }, { start: false });
      afterwards(() => reader.close());
      const { status, reason } = await reader.check(randomDigest(), []);
      expect([status, reason]).toEqual(["unreachable", expect.stringContaining(message)]);
      expect(reason).not.toContain("is not the Ethereum Attestation Service");
    }
  });

  test("a server of another chain among several is no silent matter, one that is away is", async () => {
    const { configuration } = await rpcChain(10740);
    const { configuration: wrong } = await rpcChain(10741);
    const check = async (urls: readonly string[]) => {
      const reader = openChain({ ...configuration, rpcUrls: urls }, { start: false });
      afterwards(() => reader.close());
      return reader.check(randomDigest(), []);
    };
    const away = "http://127.0.0.1:1/";
    expect(await check([away, ...configuration.rpcUrls])).toMatchObject({ status: "pending" });
    const disputed = await check([away, ...wrong.rpcUrls, ...configuration.rpcUrls]);
    expect(disputed).toMatchObject({ status: "disputed", anchor: null });
    expect(disputed.reason).toContain("chain 10741");
  });

  test("a chain whose genesis block is known begins with that one", async () => {
    const { configuration } = await rpcChain(8453);
    const proxy = await startProxy(configuration.rpcUrls[0] ?? "", (method, result) =>
      method === "web3_clientVersion" ? "op-geth/v1.101" : result,
    );
    const reader = openChain({ ...configuration, rpcUrls: [proxy] }, { start: false });
    afterwards(() => reader.close());
    expect(await reader.check(randomDigest(), [])).toMatchObject({
      status: "wrongChain",
      reason: expect.stringContaining("says that Base begins with the block"),
    });
  });
});

describe("keys", () => {
  const configuration = {
    kind: "rpc",
    home: "nowhere",
    id: 10740,
    rpcUrls: ["http://127.0.0.1:1/"],
    contract: `0x${"1".repeat(40)}`,
  } as const;

  test("a missing or wrong key says where to put one, and never shows it", () => {
    const setKey = expect.objectContaining({ remedy: "setTransactionKey" });
    expect(() => openWriter(configuration, { key: null })).toThrow(setKey);
    expect(() => openWriter(configuration)).toThrow(setKey);
    for (const key of ["0x12", "f".repeat(64), "0".repeat(64), "correct horse battery staple"]) {
      let message = "";
      try {
        openWriter(configuration, { key });
      } catch (error) {
        message = String(error);
      }
      expect(message).toContain("not a private key");
      expect(message).not.toContain(key);
    }
  });

  test("an account without funds is told so", async () => {
    const { configuration: chain } = await rpcChain(10740);
    const key = `0x${randomDigest()}` as const;
    const writer = openWriter(chain, { key, confirm: agreed });
    afterwards(() => writer.close());
    await expect(writer.anchor(randomDigest())).rejects.toMatchObject({
      code: "chain.payment",
      reason: expect.stringContaining(privateKeyToAccount(key).address),
    });
  });
});

test("questions asked at once travel together, also to servers without batches", async () => {
  const { configuration } = await rpcChain(10740);
  let posts = 0;
  const proxy = await startProxy(configuration.rpcUrls[0] ?? "", (_, result) => result, {
    onPost: () => posts++,
  });
  const rpc = new Rpc(proxy);
  const ask = () => Promise.all(Array.from({ length: 30 }, () => rpc.call("eth_chainId", [], z.string())));
  expect(new Set(await ask())).toEqual(new Set(["0x29f4"]));
  expect(posts).toBe(1);

  const single = new Rpc(
    await startProxy(configuration.rpcUrls[0] ?? "", (_, result) => result, { single: true }),
  );
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => single.call("eth_chainId", [], z.string())),
  );
  expect(answers).toEqual(Array.from({ length: 5 }, () => "0x29f4"));
});
