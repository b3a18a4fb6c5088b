import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { DEVELOPMENT_ACCOUNT } from "../../../server/src/chain/eas/deploy";
import { timestampCall } from "../../../server/src/chain/eas/eas";
import { type LogStorage, logPath } from "../../../server/src/chain/embedded/blockLog";
import { analyseCodeOnce } from "../../../server/src/chain/embedded/codeAnalysis";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { EmbeddedNode, type NodeOptions } from "../../../server/src/chain/embedded/embeddedNode";
import { randomGenesis } from "../../../server/src/chain/embedded/genesis";
import { LocalChain } from "../../../server/src/chain/embedded/localChain";
import { EmbeddedRules } from "../../../server/src/chain/embedded/rules";
import { randomDigest } from "../../support/digests";

const folders: string[] = [];
const nodes: EmbeddedNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) {
    await node.stop().catch(() => {});
  }
  for (const folder of folders.splice(0)) {
    await rm(folder, { recursive: true, force: true });
  }
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "proofline-node-"));
  folders.push(folder);
  return folder;
}

async function started(folder: string, options: NodeOptions = {}): Promise<EmbeddedNode> {
  const node = await EmbeddedNode.start(folder, true, options);
  nodes.push(node);
  return node;
}

const Block = z.object({ timestamp: z.string().transform(Number), hash: z.string(), number: z.string() });

async function latest(node: EmbeddedNode): Promise<z.output<typeof Block>> {
  return Block.parse(await node.request("eth_getBlockByNumber", ["latest", false]));
}

describe("the embedded chain", () => {
  test("has a genesis that no other has, keeps it, and loads to what it was", async () => {
    const [one, two] = [await newFolder(), await newFolder()];
    const first = await started(one);
    const { anchor } = await first.anchor(randomDigest());
    const ask = [
      ["eth_getBlockByNumber", ["latest", true]],
      ["eth_getTransactionReceipt", [anchor.transaction]],
      ["eth_getProof", [anchor.contract, [`0x${"0".repeat(64)}`], "latest"]],
      ["eth_getProof", [anchor.contract, [], "0x2"]],
      ["eth_getLogs", [{ fromBlock: "0x0", toBlock: "latest" }]],
      ["eth_getBalance", [DEVELOPMENT_ACCOUNT, "latest"]],
    ] as const;
    const all = (node: EmbeddedNode) =>
      Promise.all(ask.map(([method, params]) => node.request(method, params)));
    const before = await all(first);
    await first.stop();
    const again = await started(one);
    expect(await all(again)).toEqual(before);
    expect(again.identity).toEqual(first.identity);
    expect((await started(two)).identity.genesisHash).not.toBe(first.identity.genesisHash);
  });

  test("proves nothing at its genesis block", async () => {
    const node = await started(await newFolder());
    for (const name of ["0x0", "earliest", { blockHash: node.identity.genesisHash }]) {
      await expect(node.request("eth_getProof", [DEVELOPMENT_ACCOUNT, [], name])).rejects.toThrow("genesis");
    }
  });

  test("has times that rise with each block, whatever the clock says", async () => {
    const folder = await newFolder();
    let now = 1_700_000_000_000;
    const clock = { now: () => now };
    let node = await started(folder, clock);
    let last = (await latest(node)).timestamp;
    const found: [Awaited<ReturnType<EmbeddedNode["anchor"]>>["anchor"], number][] = [];
    for (const at of [
      1_700_000_100_000, 1_600_000_000_000, 0, -5_000, 4_102_444_800_000, 1_700_000_200_000,
    ]) {
      now = at;
      const { anchor } = await node.anchor(randomDigest());
      expect(anchor.timestamp).toBeGreaterThan(last);
      last = anchor.timestamp;
      found.push([anchor, at]);
      await node.stop();
      node = await started(folder, clock);
    }
    expect(found[0]?.[0].timestamp).toBe(1_700_000_100);
    expect(found[4]?.[0].timestamp).toBe(4_102_444_800);
    // Each is found again by its time alone.
    for (const [anchor] of found) {
      expect(await node.anchor(anchor.batchRoot)).toEqual({ anchor, gasUsed: 0 });
    }
  });

  test("anchors many roots asked for at once, each in a block of its own, and each root once", async () => {
    const node = await started(await newFolder());
    const roots = Array.from({ length: 8 }, () => randomDigest());
    const anchored = await Promise.all([...roots, ...roots].map((root) => node.anchor(root)));
    expect(new Set(anchored.map(({ anchor }) => anchor.block.hash)).size).toBe(8);
    expect(anchored.filter(({ gasUsed }) => gasUsed > 0)).toHaveLength(8);
    for (const [index, root] of roots.entries()) {
      expect(anchored[index]?.anchor).toEqual(anchored[index + 8]?.anchor);
      expect(anchored[index]?.anchor.batchRoot).toBe(root);
    }
  });

  test.each(["ENOSPC", "EROFS", "EIO"])(
    "has nobody learn of a block that %s kept from the disk",
    async (code) => {
      const folder = await newFolder();
      let fails = false;
      const stop = (run: () => Promise<void>) => async () => {
        if (fails) {
          throw Object.assign(new Error(`${code}: injected`), { code });
        }
        await run();
      };
      const wrap = (storage: LogStorage): LogStorage => ({ ...storage, sync: stop(() => storage.sync()) });
      // The write is taken back; that it is, is made durable by a sync that works again.
      const wrapped = (storage: LogStorage): LogStorage => ({
        ...wrap(storage),
        truncate: async (size) => {
          fails = false;
          await storage.truncate(size);
        },
      });
      const node = await started(folder, { wrap: wrapped });
      const before = await latest(node);
      const file = await readFile(logPath(folder));
      const root = randomDigest();
      fails = true;
      await expect(node.anchor(root)).rejects.toMatchObject({
        code: "chain.host",
        reason: expect.stringContaining("nothing was anchored"),
        remedy: "makeHomeWritable",
      });
      expect(await latest(node)).toEqual(before);
      expect(await readFile(logPath(folder))).toEqual(file);
      expect((await node.anchor(root)).gasUsed).toBeGreaterThan(0);
    },
  );

  test("says that it is broken where nobody knows what is on disk, and anchors nothing more", async () => {
    const folder = await newFolder();
    const gone = async () => {
      throw Object.assign(new Error("EIO: injected"), { code: "EIO" });
    };
    const node = await started(folder, { wrap: (storage) => ({ ...storage, sync: gone, truncate: gone }) });
    await expect(node.anchor(randomDigest())).rejects.toMatchObject({ code: "chain.host" });
    await expect(node.broken).resolves.toContain("taken back");
    await expect(node.anchor(randomDigest())).rejects.toMatchObject({ code: "chain.host" });
  });

  test("cut at any byte loads as it was some blocks before, and with any byte changed not at all", async () => {
    const folder = await newFolder();
    const node = await started(folder);
    const hashes = new Map<number, string>();
    const sizes: number[] = [(await readFile(logPath(folder))).length];
    for (let count = 0; count < 4; count++) {
      const { anchor } = await node.anchor(randomDigest());
      hashes.set(anchor.block.number, anchor.block.hash);
      sizes.push((await readFile(logPath(folder))).length);
    }
    await node.stop();
    const whole = await readFile(logPath(folder));
    const [made = 0] = sizes;
    for (let at = 1; at <= 24; at++) {
      const place = Math.floor((at / 25) * whole.length);
      const elsewhere = await newFolder();
      await writeFile(logPath(elsewhere), whole.subarray(0, place));
      if (place < made) {
        await expect(EmbeddedNode.start(elsewhere, true)).rejects.toMatchObject({ remedy: "restoreChain" });
      } else {
        const loaded = await started(elsewhere);
        const head = await latest(loaded);
        expect(head.hash).toBe(hashes.get(Number(head.number)) ?? head.hash);
        expect(Number(head.number)).toBe(2 + sizes.slice(1).filter((size) => size <= place).length);
        expect(loaded.recovery).toMatchObject({ block: Number(head.number) });
      }
      const flipped = Buffer.from(whole);
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (at % 8));
      await writeFile(logPath(elsewhere), flipped);
      await expect(EmbeddedNode.start(elsewhere, true)).rejects.toMatchObject({
        reason: expect.stringContaining("is damaged"),
        remedy: "restoreChain",
      });
      expect(await readFile(logPath(elsewhere))).toEqual(flipped);
    }
  });

  test("analyses a contract's code once: the interpreter still is as it was measured", async () => {
    expect(await analyseCodeOnce(new EmbeddedRules())).toBe(true);
  });

  test("keeps no machine that it has used", async () => {
    const common = new EmbeddedRules();
    const chain = await LocalChain.begin({ common, persist: async () => {} }, [], (stateRoot) =>
      randomGenesis(common, stateRoot, 1),
    );
    for (let round = 0; round < 5; round++) {
      await chain.machineOn(chain.head);
    }
    expect(common.events.listenerCount("hardforkChanged")).toBe(0);
  });

  test("refuses transactions in words that clients know", async () => {
    const node = await started(await newFolder());
    const account = privateKeyToAccount(DEVELOPMENT_KEY);
    const { contract, chainId } = node.identity;
    const call = { type: "eip1559", chainId, to: contract, data: timestampCall([randomDigest()]) } as const;
    const fair = { gas: 100_000n, maxFeePerGas: 3_000_000_000n, maxPriorityFeePerGas: 0n, nonce: 2 };
    const poor = privateKeyToAccount(`0x${"1".repeat(64)}`);
    for (const [signed, message] of [
      [await account.signTransaction({ ...call, ...fair, nonce: 0 }), "nonce too low"],
      [await account.signTransaction({ ...call, ...fair, nonce: 9 }), "nonce too high"],
      [await account.signTransaction({ ...call, ...fair, gas: 21_000n }), "intrinsic gas too low"],
      [await account.signTransaction({ ...call, ...fair, gas: 40_000_000n }), "exceeds block gas limit"],
      [
        await account.signTransaction({ ...call, ...fair, maxFeePerGas: 1n }),
        "max fee per gas less than block base fee",
      ],
      [await poor.signTransaction({ ...call, ...fair, nonce: 0 }), "insufficient funds"],
      [await account.signTransaction({ ...call, ...fair, chainId: 1 }), "failed to decode"],
      ["0x1234", "failed to decode"],
    ] as const) {
      await expect(node.request("eth_sendRawTransaction", [signed])).rejects.toThrow(message);
    }
    const signed = await account.signTransaction({ ...call, ...fair });
    const hash = await node.request("eth_sendRawTransaction", [signed]);
    await expect(node.request("eth_sendRawTransaction", [signed])).rejects.toThrow("already imported");
    expect(await node.request("eth_getTransactionReceipt", [hash])).toMatchObject({ status: "0x1" });
    await expect(node.request("anvil_reset", [])).rejects.toMatchObject({ code: -32601 });
    await expect(node.request("toString", [])).rejects.toMatchObject({ code: -32601 });
    await expect(node.request("eth_getLogs", ["0x"])).rejects.toMatchObject({ code: -32602 });
  });
});
