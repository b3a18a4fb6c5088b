import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { Rpc, RpcFailure } from "../../../server/src/chain/rpc/rpc";
import { agreed } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { randomDigest } from "../../support/digests";
import { rpcChain } from "../../support/rpcChain";

/** Faults that pass, and servers that want to be asked otherwise: never a word less than the chain would say. */

type Handler = (body: string, response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

async function serve(handler: Handler): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer(async (request, response) => handler(await text(request), response, request));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  afterwards(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop };
}

/** Passes a request on to a node, which then does not say that it is a developer's. */
async function forward(node: string, body: string, response: ServerResponse): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(node, { method: "POST", headers, body });
  response.end((await answer.text()).replace(/anvil\/v[\d.]+/g, "geth/v1"));
}

const Calls = z.union([z.object({ id: z.number() }), z.array(z.object({ id: z.number() }))]);

/** Answers each call with its own id as a number. */
function echo(body: string): { id: number; result: string }[] {
  return [Calls.parse(JSON.parse(body))].flat().map(({ id }) => ({ jsonrpc: "2.0", id, result: `0x${id}` }));
}

const ask = (rpc: Rpc, count: number) =>
  Promise.all(Array.from({ length: count }, () => rpc.call("eth_anything", [], z.string())));

describe("verdicts", () => {
  test("5% of answers that are 502 cost no verdict", async () => {
    const { configuration } = await rpcChain(130);
    const node = configuration.rpcUrls[0] ?? "";
    const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    const anchors = [];
    for (let count = 0; count < 40; count++) {
      anchors.push(await writer.anchor(randomDigest()));
    }
    let posts = 0;
    const flaky: Handler = (body, response) =>
      ++posts % 20 === 0 ? void response.writeHead(502).end("<html>") : forward(node, body, response);
    const servers = [await serve(flaky), await serve(flaky)];
    for (let round = 0; round < 20; round++) {
      const rpcUrls = servers.map(({ url }, index) => `Operator ${index}=${url}`);
      const reader = openChain({ ...configuration, rpcUrls }, { start: false });
      const checks = await Promise.all(anchors.map((anchor) => reader.check(anchor.batchRoot, [anchor])));
      await reader.close();
      expect(checks.filter(({ anchor, trust }) => anchor === null || trust !== "quorum")).toEqual([]);
    }
    expect(posts).toBeGreaterThan(200);
  });

  test("a server that dies after it identified itself is replaced", async () => {
    const { configuration } = await rpcChain(130);
    const node = configuration.rpcUrls[0] ?? "";
    const first = await serve((body, response) => forward(node, body, response));
    const second = await serve((body, response) => forward(node, body, response));
    const rpcUrls = [`One=${first.url}`, `Two=${second.url}`];
    const writer = openWriter({ ...configuration, rpcUrls }, { key: DEVELOPMENT_KEY, confirm: agreed });
    afterwards(() => writer.close());
    const anchor = await writer.anchor(randomDigest());
    expect(await writer.check(anchor.batchRoot, [anchor])).toMatchObject({ trust: "quorum" });
    await first.stop();
    const later = await writer.anchor(randomDigest());
    expect(await writer.check(later.batchRoot, [later])).toMatchObject({
      status: "included",
      trust: "singleRpc",
      operators: ["two"],
    });
  });
});

describe("pace", () => {
  test("a server that bears few requests is asked as slowly as it wants, and answers all", async () => {
    let window = 0;
    let count = 0;
    let refused = 0;
    const { url } = await serve((body, response) => {
      const now = Math.floor(performance.now() / 500);
      count = now === window ? count + 1 : 1;
      window = now;
      if (count > 5) {
        refused += 1;
        response.writeHead(429).end("slow down");
      } else {
        response.end(JSON.stringify(echo(body)));
      }
    });
    expect(new Set(await ask(new Rpc(url), 1_000)).size).toBe(1_000);
    expect(refused).toBeLessThan(25);
  });

  test("limits told within an answer are kept, too", async () => {
    let posts = 0;
    const { url } = await serve((body, response) => {
      posts += 1;
      const answers = echo(body).map((answer, index) =>
        posts === 1 && index % 2 === 0
          ? { jsonrpc: "2.0", id: answer.id, error: { code: -32005, message: "limit exceeded" } }
          : answer,
      );
      response.end(JSON.stringify(answers));
    });
    expect(new Set(await ask(new Rpc(url), 30)).size).toBe(30);
  });

  test("a time to wait is kept where the deadline allows it, and else ends the wait", async () => {
    let posts = 0;
    const { url } = await serve((body, response) => {
      posts += 1;
      if (posts === 1) {
        response.writeHead(429, { "retry-after": "1" }).end();
      } else {
        response.end(JSON.stringify(echo(body)[0]));
      }
    });
    const start = performance.now();
    await ask(new Rpc(url), 1);
    expect(performance.now() - start).toBeGreaterThan(990);

    const busy = await serve((_, response) => void response.writeHead(429, { "retry-after": "3600" }).end());
    await expect(ask(new Rpc(busy.url), 1)).rejects.toThrow("asked too often");
  });

  test("the deadline ends what would go on for ever", async () => {
    const { url } = await serve((_, response) => void response.writeHead(429).end());
    const rpc = new Rpc(url, { deadlineMilliseconds: 700 });
    await expect(ask(rpc, 1)).rejects.toThrow(RpcFailure);
  });
});

describe("what was sent", () => {
  test("is sent again, but for what would then be done twice", async () => {
    const posts = new Map<string, number>();
    const { url } = await serve((body, response) => {
      const { id, method } = z.object({ id: z.number(), method: z.string() }).parse(JSON.parse(body));
      posts.set(method, (posts.get(method) ?? 0) + 1);
      if (posts.get(method) === 1) {
        response.writeHead(502).end();
      } else {
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result: "0x1" }));
      }
    });
    const rpc = new Rpc(url);
    expect(await rpc.call("eth_sendRawTransaction", [], z.string())).toBe("0x1");
    for (const method of ["eth_sendTransaction", "anvil_mine", "evm_revert"]) {
      await expect(rpc.call(method, [], z.string())).rejects.toThrow("HTTP status 502");
      expect(posts.get(method)).toBe(1);
    }
  });

  test("may take as long as its time limit says, whatever is usual", async () => {
    const { url } = await serve((body, response) => void response.end(JSON.stringify(echo(body)[0])));
    expect(await ask(new Rpc(url, { timeoutMilliseconds: 120_000 }), 1)).toEqual(["0x1"]);
    expect(await ask(new Rpc(url, { deadlineMilliseconds: 4_000.5 }), 1)).toEqual(["0x1"]);
  });
});

describe("servers that refuse lists are asked one by one", () => {
  const error = { code: -32600, message: "no batches" };
  const refusals: Readonly<Record<string, (body: string, response: ServerResponse) => void>> = {
    "HTTP 400": (_, response) => void response.writeHead(400).end("Bad Request"),
    "HTTP 400 with a reason": (_, response) =>
      void response.writeHead(400).end(JSON.stringify({ jsonrpc: "2.0", id: null, error })),
    "HTTP 413": (_, response) => void response.writeHead(413).end(),
    "HTTP 500": (_, response) => void response.writeHead(500).end("oops"),
    "one error for all": (_, response) =>
      void response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error })),
    "an error without an id for each": (body, response) =>
      void response.end(JSON.stringify(echo(body).map(() => ({ jsonrpc: "2.0", id: null, error })))),
    "an empty list": (_, response) => void response.end("[]"),
    "no JSON": (_, response) => void response.end("batch?"),
    "half of it": (body, response) => void response.end(JSON.stringify(echo(body).slice(0, 7))),
    "each answer twice": (body, response) =>
      void response.end(JSON.stringify(echo(body).flatMap((answer) => [answer, answer]))),
  };
  test.each(Object.keys(refusals))("%s", async (name) => {
    const { url } = await serve((body, response) =>
      body.startsWith("[")
        ? refusals[name]?.(body, response)
        : void response.end(JSON.stringify(echo(body)[0])),
    );
    expect(new Set(await ask(new Rpc(url), 20)).size).toBe(20);
  });

  test("ids that come back as text are the same ids", async () => {
    const { url } = await serve(
      (body, response) =>
        void response.end(JSON.stringify(echo(body).map((answer) => ({ ...answer, id: `${answer.id}` })))),
    );
    expect(new Set(await ask(new Rpc(url), 20)).size).toBe(20);
  });
});
