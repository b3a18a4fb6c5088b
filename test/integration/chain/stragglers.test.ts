import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Anchor, ChainReader } from "../../../server/src/chain/chain";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { agreed } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { randomDigest } from "../../support/digests";
import { eventually } from "../../support/eventually";
import { type RpcConfiguration, rpcChain } from "../../support/rpcChain";
import { startProxy } from "../../support/rpcProxy";

/** A server that keeps everybody waiting holds up nothing that others say, and is heard as soon as it speaks. */

type Change = Parameters<typeof startProxy>[1];

const HONEST: Change = (method, result) => (method === "web3_clientVersion" ? "op-geth/v1.101" : result);
const OTHER = `0x${"ab".repeat(32)}`;

let configuration: RpcConfiguration;
let anchor: Anchor;
let node: string;
/** How often a reader was told that somebody was heard late. */
let heard: number;

beforeEach(async () => {
  heard = 0;
  const chain = await rpcChain(130);
  configuration = chain.configuration;
  node = configuration.rpcUrls[0] ?? "";
  const rpcUrls = [await startProxy(node, HONEST)];
  const writer = openWriter({ ...configuration, rpcUrls }, { key: DEVELOPMENT_KEY, confirm: agreed });
  afterwards(() => writer.close());
  anchor = await writer.anchor(randomDigest());
});

/** A server that answers nothing before it is let. */
async function held(change: Change) {
  const target = await startProxy(node, change);
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests += 1;
    const body = await text(request);
    await released;
    const headers = { "content-type": "application/json" };
    try {
      response.end(await (await fetch(target, { method: "POST", headers, body })).text());
    } catch {
      // The test is over.
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    release();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, release, requests: () => requests };
}

async function readerOf(...servers: readonly (Change | string)[]): Promise<ChainReader> {
  const rpcUrls = await Promise.all(
    servers.map(
      async (one, index) =>
        `Operator ${index}=${typeof one === "string" ? one : await startProxy(node, one)}`,
    ),
  );
  const reader = openChain(
    { ...configuration, rpcUrls },
    {
      start: false,
      onHeard: () => {
        heard += 1;
      },
    },
  );
  afterwards(() => reader.close());
  return reader;
}

const check = (reader: ChainReader) => reader.check(anchor.batchRoot, [anchor]);

describe("a quorum that a third server has not joined yet", () => {
  test("is stated, with those who said so and no others, before that server was given up", async () => {
    const silent = await held(HONEST);
    const reader = await readerOf(silent.url, HONEST, HONEST);
    expect(await check(reader)).toMatchObject({
      status: "included",
      trust: "quorum",
      operators: ["operator 1", "operator 2"],
    });
    // What is given up is asked a second time first.
    expect(silent.requests()).toBe(1);
  });

  test("counts the third as soon as it says the same", async () => {
    const late = await held(HONEST);
    const reader = await readerOf(HONEST, HONEST, late.url);
    expect((await check(reader)).operators).toEqual(["operator 0", "operator 1"]);
    expect(heard).toBe(0);
    late.release();
    await eventually("the third to be heard", () => heard === 1);
    await eventually("the third", async () => (await check(reader)).operators?.length === 3);
  });

  test.each<readonly [string, Change]>([
    ["speaks for another chain", (method, result) => (method === "eth_chainId" ? "0x1" : result)],
    [
      "tells of another block 0",
      (method, result, params) =>
        method === "eth_getBlockByNumber" && params[0] === "0x0"
          ? { ...(result as object), hash: OTHER }
          : HONEST(method, result, params),
    ],
    ["is a developer's own node", (_, result) => result],
    [
      "knows another block of the anchor",
      (method, result, params) =>
        method === "eth_getBlockByNumber" && params[0] !== "0x0"
          ? { ...(result as object), hash: OTHER }
          : HONEST(method, result, params),
    ],
  ])("is none any more once the third %s", async (_, lie) => {
    const late = await held(lie);
    const reader = await readerOf(HONEST, HONEST, late.url);
    expect(await check(reader)).toMatchObject({ status: "included", trust: "quorum" });
    late.release();
    await eventually("the third to be heard", () => heard === 1);
    await eventually("the contradiction", async () => (await check(reader)).status === "disputed");
  });
});

test("one operator alone waits for nobody of its own", async () => {
  const silent = await held(HONEST);
  const other = silent.url.replace("127.0.0.1", "localhost");
  const rpcUrls = [await startProxy(node, HONEST), other];
  const reader = openChain({ ...configuration, rpcUrls }, { start: false });
  afterwards(() => reader.close());
  expect(await check(reader)).toMatchObject({ trust: "singleRpc", operators: ["this computer"] });
  expect(silent.requests()).toBe(1);
});

test("where there is no quorum, the others are waited for", async () => {
  const late = await held(HONEST);
  const reader = await readerOf(HONEST, late.url);
  const checked = check(reader);
  await eventually("the question", () => late.requests() > 0);
  late.release();
  expect(await checked).toMatchObject({ trust: "quorum", operators: ["operator 0", "operator 1"] });
});

test("a server that was never heard keeps no closed chain waiting", async () => {
  const silent = await held(HONEST);
  const reader = await readerOf(HONEST, HONEST, silent.url);
  await check(reader);
  await reader.close();
  silent.release();
  expect(await check(reader)).toMatchObject({ status: "unreachable" });
});
