import { beforeEach, describe, expect, test } from "vitest";
import type { Anchor, AnchorCheck } from "../../../server/src/chain/chain";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { agreed } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { randomDigest } from "../../support/digests";
import { type RpcConfiguration, rpcChain } from "../../support/rpcChain";
import { startProxy } from "../../support/rpcProxy";

/** Several servers of one chain, of which some lie. */

type Lie = Parameters<typeof startProxy>[1];

/** A developer's node that does not say that it is one. */
const HONEST: Lie = (method, result) => (method === "web3_clientVersion" ? "op-geth/v1.101" : result);

let configuration: RpcConfiguration;
let anchor: Anchor;
let node: string;

beforeEach(async () => {
  const chain = await rpcChain(130);
  configuration = chain.configuration;
  node = configuration.rpcUrls[0] ?? "";
  const honest = await startProxy(node, HONEST);
  const writer = openWriter(
    { ...configuration, rpcUrls: [honest] },
    { key: DEVELOPMENT_KEY, confirm: agreed },
  );
  afterwards(() => writer.close());
  anchor = await writer.anchor(randomDigest());
});

const lying =
  (method: string, change: (result: Record<string, unknown>) => unknown): Lie =>
  (asked, result, params) =>
    asked === method ? change(result as Record<string, unknown>) : HONEST(asked, result, params);

async function check(
  operators: Readonly<Record<string, Lie | string>>,
  anchors: readonly Anchor[] = [anchor],
): Promise<AnchorCheck> {
  const rpcUrls = await Promise.all(
    Object.entries(operators).map(
      async ([name, lie]) => `${name}=${typeof lie === "string" ? lie : await startProxy(node, lie)}`,
    ),
  );
  const reader = openChain({ ...configuration, rpcUrls }, { start: false });
  afterwards(() => reader.close());
  return reader.check(anchor.batchRoot, anchors);
}

describe("who agrees", () => {
  test("two operators that agree are a quorum, named", async () => {
    expect(await check({ One: HONEST, Two: HONEST })).toMatchObject({
      status: "included",
      trust: "quorum",
      operators: ["one", "two"],
      anchor,
    });
    expect(await check({ One: HONEST, Two: HONEST }, [])).toMatchObject({ trust: "quorum", anchor });
  });

  test("two servers of one operator are one voice", async () => {
    const [one, two] = [await startProxy(node, HONEST), await startProxy(node, HONEST)];
    const reader = openChain({ ...configuration, rpcUrls: [one, `${two}?second`] }, { start: false });
    afterwards(() => reader.close());
    expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({
      status: "included",
      trust: "singleRpc",
      operators: ["this computer"],
    });
  });

  test("one that is away leaves the other's word alone", async () => {
    expect(await check({ One: HONEST, Two: "http://127.0.0.1:1/" })).toMatchObject({
      status: "included",
      trust: "singleRpc",
      operators: ["one"],
    });
  });
});

describe("whatever one of two says otherwise is disputed, and named", () => {
  const other = `0x${"ab".repeat(32)}`;
  const lies: Readonly<Record<string, Lie>> = {
    "chain id": lying("eth_chainId", () => "0x1"),
    code: lying("eth_getCode", () => "0x6001"),
    "the batch's time": (method, result, params) =>
      method === "eth_call" && JSON.stringify(params).includes(anchor.batchRoot)
        ? `0x${"0".repeat(63)}1`
        : HONEST(method, result, params),
    "that there is a time": (method, result, params) =>
      method === "eth_call" && JSON.stringify(params).includes(anchor.batchRoot)
        ? `0x${"0".repeat(64)}`
        : HONEST(method, result, params),
    blocks: (method, result, params) =>
      method === "eth_getBlockByNumber" && params[0] !== "0x0"
        ? { ...(result as object), hash: other }
        : HONEST(method, result, params),
    genesis: (method, result, params) =>
      method === "eth_getBlockByNumber" && params[0] === "0x0"
        ? { ...(result as object), hash: other }
        : HONEST(method, result, params),
    receipts: lying("eth_getTransactionReceipt", (receipt) => ({ ...receipt, status: "0x0" })),
  };
  test.each(Object.keys(lies))("%s", async (name) => {
    for (const servers of [
      { One: HONEST, Two: lies[name] ?? HONEST },
      { One: lies[name] ?? HONEST, Two: HONEST },
      { One: HONEST, Two: HONEST, Three: lies[name] ?? HONEST },
    ]) {
      const found = await check(servers);
      expect(found).toMatchObject({ status: "disputed", anchor: null });
      expect(found.reason).toMatch(/contradict each other about .*127\.0\.0\.1:\d+.*/);
    }
  });

  test("a finality that only one claims is none", async () => {
    const final: Lie = (method, result, params) =>
      method === "eth_getBlockByNumber" && params[0] === "finalized"
        ? { ...(result as object), number: `0x${anchor.block.number.toString(16)}` }
        : HONEST(method, result, params);
    expect(await check({ One: final })).toMatchObject({ status: "finalized", trust: "singleRpc" });
    expect(await check({ One: final, Two: HONEST })).toMatchObject({ status: "included", trust: "quorum" });
  });
});

describe("an anchor file that says something else", () => {
  test("is told beside an anchor that holds, in a sentence of its own", async () => {
    const hash = `0x${"cd".repeat(32)}` as const;
    const wrong: readonly [Partial<Anchor>, string][] = [
      [{ chainId: 8453 }, "anchored on Base, not on Unichain"],
      [{ genesisHash: hash }, `another genesis block (${hash})`],
      [{ contract: `0x${"1".repeat(40)}` }, `the contract 0x${"1".repeat(40)}`],
      [{ block: { ...anchor.block, hash } }, "has a different block there"],
      [{ timestamp: anchor.timestamp + 1 }, `says time ${anchor.timestamp + 1}`],
      [{ transaction: hash }, "not shown the anchor's transaction"],
    ];
    for (const [change, sentence] of wrong) {
      const found = await check({ One: HONEST, Two: HONEST }, [{ ...anchor, ...change }, anchor]);
      expect(found).toMatchObject({ status: "included", anchor });
      expect(found.remarks).toEqual([expect.stringContaining(sentence)]);
    }
    const alone = await check({ One: HONEST, Two: HONEST }, [{ ...anchor, genesisHash: hash }]);
    expect(alone).toMatchObject({ status: "included", anchor, remarks: [expect.stringContaining(hash)] });
  });
});
