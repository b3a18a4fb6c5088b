import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Anchor } from "../../../server/src/chain/chain";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { Rpc } from "../../../server/src/chain/rpc/rpc";
import { agreed } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { digestOf, randomDigest } from "../../support/digests";
import { rpcChain } from "../../support/rpcChain";
import { startProxy } from "../../support/rpcProxy";

/** Servers that lie, break or hang: never a throw from `check`, never an anchor that is not there. */

const contract = `0x${"42".repeat(20)}` as const;
const CLAIM: Anchor = {
  batchRoot: digestOf("ab"),
  chainId: 8453,
  genesisHash: `0x${"01".repeat(32)}`,
  contract,
  block: { number: 5, hash: `0x${"02".repeat(32)}` },
  transaction: `0x${"03".repeat(32)}`,
  timestamp: 1_700_000_000,
};

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-token`;
}

async function expectUnreachable(url: string): Promise<string> {
  const reader = openChain(
    { kind: "rpc", home: "nowhere", id: 8453, rpcUrls: [url], contract },
    { start: false },
  );
  afterwards(() => reader.close());
  const check = await reader.check(CLAIM.batchRoot, [CLAIM]);
  expect(check).toMatchObject({ status: "unreachable", trust: "singleRpc", anchor: null });
  expect(check.reason).toMatch(/^The chain .*\.$/);
  expect(check.reason).not.toContain("secret-token");
  await expect(reader.identity()).rejects.toMatchObject({ code: "chain.unreachable" });
  return check.reason ?? "";
}

test("nobody listens", async () => {
  expect(await expectUnreachable("http://127.0.0.1:1/secret-token")).toContain("127.0.0.1:1");
});

test("a server that repeats its own address", async () => {
  const url = await serve((request, response) =>
    response.end(
      JSON.stringify({ id: null, error: { code: -32000, message: `${request.url} is over its limit` } }),
    ),
  );
  const reader = openChain(
    { kind: "rpc", home: "nowhere", id: 8453, rpcUrls: [url], contract },
    { start: false },
  );
  afterwards(() => reader.close());
  const { reason } = await reader.check(CLAIM.batchRoot, [CLAIM]);
  expect(reason).toMatch(/\S/);
  expect(reason).not.toContain("secret-token");
});

test("an address that does not resolve", async () => {
  await expectUnreachable("http://proofline.invalid/secret-token");
});

test("HTML, nothing, random bytes, another status", async () => {
  for (const body of [
    "<html>Log in</html>",
    "",
    "\0\x01\x02",
    "null",
    "[]",
    "{}",
    "[[[[",
    '"0x1"',
    "1e999",
  ]) {
    await expectUnreachable(await serve((_, response) => response.end(body)));
  }
  const reason = await expectUnreachable(
    await serve((_, response) => response.writeHead(503).end("<html>busy</html>")),
  );
  expect(reason).toContain("503");
});

test("a redirect is not followed", async () => {
  let followed = false;
  const target = await serve((_, response) => {
    followed = true;
    response.end("{}");
  });
  await expectUnreachable(await serve((_, response) => response.writeHead(307, { location: target }).end()));
  expect(followed).toBe(false);
});

test("an endless answer is cut off, packed or not", async () => {
  const piece = Buffer.alloc(1024 * 1024, "a");
  let sent = 0;
  const plain = await serve((_, response) => {
    const send = (): void => {
      if (response.destroyed) {
        return;
      }
      sent += piece.length;
      response.write(piece, send);
    };
    send();
  });
  expect(await expectUnreachable(plain)).toContain("too large");
  expect(sent).toBeLessThan(64 * 1024 * 1024);

  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const packed = await serve((_, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
  );
  expect(await expectUnreachable(packed)).toContain("too large");
});

test("silence, and an answer that never ends, stop at the time limit", async () => {
  const silent = await serve(() => {});
  await expect(
    new Rpc(silent, { timeoutMilliseconds: 200 }).call("eth_chainId", [], expect.anything()),
  ).rejects.toThrow("did not answer within 0.2 seconds");
  const slow = await serve((_, response) => {
    response.write("[");
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
  });
  await expect(
    new Rpc(slow, { timeoutMilliseconds: 200 }).call("eth_chainId", [], expect.anything()),
  ).rejects.toThrow("did not answer within 0.2 seconds");
});

test("a dead server is waited for once, however many roots are asked about", async () => {
  let asked = 0;
  const silent = await serve(() => {
    asked += 1;
  });
  const reader = openChain(
    { kind: "rpc", home: "nowhere", id: 8453, rpcUrls: [silent], contract },
    { start: false },
  );
  afterwards(() => reader.close());
  const checks = await Promise.all(Array.from({ length: 200 }, () => reader.check(randomDigest(), [])));
  expect(new Set(checks.map(({ status }) => status))).toEqual(new Set(["unreachable"]));
  // Once, and once again in case it was a passing fault.
  expect(asked).toBe(2);
});

test("foreign error messages stay one short line", async () => {
  const url = await serve((request, response) => {
    let body = "";
    request.on("data", (data) => {
      body += data;
    });
    request.on("end", () => {
      const error = { code: -32000, message: `a\n\u001b[31m\u202e${"b".repeat(5_000)}` };
      const answer = (call: { id: number }) => ({ jsonrpc: "2.0", id: call.id, error });
      const calls = JSON.parse(body);
      response.end(JSON.stringify(Array.isArray(calls) ? calls.map(answer) : answer(calls)));
    });
  });
  const reader = openChain(
    { kind: "rpc", home: "nowhere", id: 8453, rpcUrls: [url], contract },
    { start: false },
  );
  afterwards(() => reader.close());
  const { status, reason = "" } = await reader.check(CLAIM.batchRoot, [CLAIM]);
  expect(status).toBe("unreachable");
  expect(reason.length).toBeLessThan(300);
  expect(reason).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test("whatever JSON a server answers, no anchor comes of it and nothing throws", async () => {
  let answerWith: () => unknown = () => null;
  const url = await serve((request, response) => {
    let body = "";
    request.on("data", (data) => {
      body += data;
    });
    request.on("end", () => {
      const answer = (call: { id: number }) => ({ jsonrpc: "2.0", id: call.id, result: answerWith() });
      const calls = JSON.parse(body);
      response.end(JSON.stringify(Array.isArray(calls) ? calls.map(answer) : answer(calls)) ?? "");
    });
  });
  const hexadecimal = fc.oneof(
    fc.constantFrom("0x", "0x0", "0x2105", `0x${"0".repeat(64)}`, `0x${"f".repeat(64)}`, CLAIM.block.hash),
    fc.stringMatching(/^0x[0-9a-f]{0,70}$/),
  );
  const block = fc.record({
    number: hexadecimal,
    hash: hexadecimal,
    timestamp: hexadecimal,
    logs: fc.anything(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.jsonValue(), hexadecimal, block), { minLength: 1 }),
      async (values) => {
        let next = 0;
        answerWith = () => values[next++ % values.length];
        const reader = openChain(
          { kind: "rpc", home: "nowhere", id: 8453, rpcUrls: [url], contract },
          { start: false },
        );
        for (const anchors of [[CLAIM], []]) {
          const { anchor, status } = await reader.check(CLAIM.batchRoot, anchors);
          expect(anchor).toBeNull();
          expect(["unreachable", "wrongChain", "pending", "absent", "reorged"]).toContain(status);
        }
        await reader.close();
      },
    ),
    { numRuns: 150 },
  );
});

test("a server that answers truly but for one method never yields an anchor that is not there", async () => {
  const { configuration } = await rpcChain(10740);
  const url = configuration.rpcUrls[0] ?? "";
  const writer = openWriter(configuration, { key: DEVELOPMENT_KEY, confirm: agreed });
  afterwards(() => writer.close());
  const anchor = await writer.anchor(randomDigest());
  const lies: Record<string, readonly unknown[]> = {
    eth_chainId: ["0x1", "", null, [], "0xzz", `0x${"9".repeat(100)}`],
    eth_getCode: ["0x", null, 7],
    eth_call: ["0x", null, `0x${"0".repeat(64)}`, `0x${"f".repeat(64)}`, `0x${"0".repeat(63)}1`],
    eth_getBlockByNumber: [null, {}, [], { number: "0x1", hash: "0x1", timestamp: "0x1" }, { ...anchor }],
    eth_getTransactionReceipt: [null, {}, { status: "0x1", logs: [] }],
  };
  for (const [lying, answers] of Object.entries(lies)) {
    for (const lie of answers) {
      const proxy = await startProxy(url, (method, result) => (method === lying ? lie : result));
      const reader = openChain({ ...configuration, rpcUrls: [proxy] }, { start: false });
      afterwards(() => reader.close());
      const check = await reader.check(anchor.batchRoot, [anchor]);
      expect({ lying, lie, anchor: check.anchor }).toEqual({ lying, lie, anchor: null });
      expect(check.reason).toBeTruthy();
    }
  }
});

test("a server cannot make the account pay any price", async () => {
  const { configuration } = await rpcChain(10740);
  const url = configuration.rpcUrls[0] ?? "";
  const proxy = await startProxy(url, (method, result) =>
    method === "eth_maxPriorityFeePerGas" ? "0xffffffffffff" : result,
  );
  const writer = openWriter(
    { ...configuration, rpcUrls: [proxy] },
    { key: DEVELOPMENT_KEY, confirm: agreed },
  );
  afterwards(() => writer.close());
  const root = randomDigest();
  await expect(writer.anchor(root)).rejects.toMatchObject({
    code: "chain.payment",
    reason: expect.stringContaining("pays at most 0.05"),
  });
  expect(await writer.check(root, [])).toMatchObject({ status: "pending" });
});
