import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { Anchor, AnchorCheck } from "../../../server/src/chain/chain";
import { openChain } from "../../../server/src/chain/chainReader";
import type { KnownChain } from "../../../server/src/chain/knownChains";
import { withProof } from "../../../server/src/chain/trust/takeProof";
import type { Witness } from "../../../server/src/chain/trust/witnesses";
import { Digest } from "../../../server/src/platform/primitives";
import { afterwards } from "../../support/cleanups";
import { digestNamed } from "../../support/evidenceMaker";
import { removeFolder } from "../../support/removeFolder";
import {
  type Answerer,
  anchorOn,
  CHAIN_ID,
  EAS,
  FINALIZED,
  HEAD,
  knownChainOf,
  makeChain,
  reachedBy,
  timeOf,
  transactionOf,
} from "../../support/scriptedChain";
import { certificate, newKey } from "../../unit/models/certificates";

/**
 * A catalogue of what RPC servers do wrong and of what they can lie about, each against a reader who asks that server alone, beside
 * an honest one, and so on. The table of it in docs/chain-trust.md is held by the last test; `WRITE_DOCS=1` writes it.
 */

type Json = Record<string, unknown>;

/** Anchored in a block that is final. */
const REAL = Digest.parse(digestNamed("real"));
/** Anchored in one that is not. */
const FRESH = Digest.parse(digestNamed("fresh"));
/** Not anchored, whatever a file says. */
const FALSE = Digest.parse(digestNamed("false"));
const REAL_BLOCK = 50;
const FRESH_BLOCK = 95;
const FALSE_BLOCK = 60;
const ABOVE_BLOCK = 92;

interface World {
  readonly honest: Answerer;
  /** Fits together as the true one does, but holds the false root as well, and the real one earlier. */
  readonly forged: Answerer;
  readonly known: KnownChain;
  readonly real: Anchor;
  readonly fresh: Anchor;
  /** What a file claims of the false root, with the true chain's block. */
  readonly claim: Anchor;
  readonly forgedClaim: Anchor;
  readonly forgedReal: Anchor;
  /** Holds the false root in a block that a server which lags has not reached. */
  readonly above: Answerer;
  readonly aboveClaim: Anchor;
}

let world: World;
beforeAll(async () => {
  const honest = await makeChain({ [REAL]: REAL_BLOCK, [FRESH]: FRESH_BLOCK });
  const forged = await makeChain({ [REAL]: 20, [FRESH]: FRESH_BLOCK, [FALSE]: FALSE_BLOCK });
  const above = await makeChain({ [REAL]: REAL_BLOCK, [FALSE]: ABOVE_BLOCK, [FRESH]: FRESH_BLOCK });
  const known = await knownChainOf(honest);
  const proved = async (chain: Answerer, root: Digest, block: number) =>
    withProof(await anchorOn(chain, root, block), known, [witnessOf(chain)]);
  world = {
    honest,
    forged,
    known,
    real: await proved(honest, REAL, REAL_BLOCK),
    fresh: await proved(honest, FRESH, FRESH_BLOCK),
    claim: await anchorOn(honest, FALSE, FALSE_BLOCK),
    forgedClaim: await proved(forged, FALSE, FALSE_BLOCK),
    forgedReal: await proved(forged, REAL, 20),
    above,
    aboveClaim: await proved(above, FALSE, ABOVE_BLOCK),
  };
  expect(world.real.proof).toBeDefined();
  expect(world.forgedClaim.proof).toBeDefined();
});

function witnessOf(chain: Answerer): Witness {
  return {
    operator: "maker",
    server: {
      host: "maker",
      call: async (method, params, schema) => schema.parse(await chain(method, params)),
    },
  };
}

// Servers ----------------------------------------------------------------------------------------------------------

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

async function answersTo(body: string, chain: Answerer): Promise<Json | Json[]> {
  const calls: Asked | Asked[] = JSON.parse(body);
  const answers = await Promise.all(
    [calls].flat().map(async ({ id, method, params }) => {
      try {
        return { jsonrpc: "2.0", id, result: await chain(method, params) };
      } catch (error) {
        return { jsonrpc: "2.0", id, error: { code: -32000, message: String(error) } };
      }
    }),
  );
  return Array.isArray(calls) ? answers : (answers[0] ?? {});
}

type Transport = (
  request: IncomingMessage & { readonly bodyText: string },
  response: ServerResponse,
  honest: () => Promise<Json | Json[]>,
) => unknown;

const WELL: Transport = async (_, response, honest) => response.end(JSON.stringify(await honest()));

async function serve(chain: () => Answerer, transport: Transport = WELL): Promise<string> {
  const server = createServer(async (request, response) => {
    const bodyText = await text(request);
    await transport(Object.assign(request, { bodyText }), response, () => answersTo(bodyText, chain()));
  });
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function serveTcp(onConnect: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnect(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A home of its own for each reader, so that none knows what another confirmed. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "proofline-faults-"));
  afterwards(async () => removeFolder(folder));
  return folder;
}

type Question = readonly [root: Digest, files: readonly Anchor[]];

/** What is found of batches and the files about them by a reader of these servers, each of an operator of its own. */
async function checkAll(
  urls: readonly string[],
  questions: readonly Question[],
): Promise<readonly AnchorCheck[]> {
  const rpcUrls = urls.map((url, index) => `Operator ${index}=${url}`);
  const reader = openChain(
    { kind: "rpc", home: newFolder(), id: CHAIN_ID, rpcUrls, contract: EAS },
    { start: false, knownChains: [world.known] },
  );
  try {
    return await Promise.all(questions.map(([root, files]) => reader.check(root, files)));
  } finally {
    await reader.close();
  }
}

// Faults of transport ----------------------------------------------------------------------------------------------

const all =
  (change: (answer: Json, index: number) => unknown): Transport =>
  async (_, response, honest) => {
    const answers = await honest();
    const changed = Array.isArray(answers) ? answers.map(change) : change(answers, 0);
    response.end(JSON.stringify(changed));
  };
const status =
  (code: number, headers: Record<string, string> = {}, body = "<html>no</html>"): Transport =>
  (_, response) =>
    response.writeHead(code, headers).end(body);
const body =
  (content: string | Uint8Array, headers: Record<string, string> = {}): Transport =>
  (_, response) =>
    response.writeHead(200, headers).end(content);

/** How a server answers over HTTP; `works` where nothing is wrong with the answer that comes after all. */
const TRANSPORT: Readonly<Record<string, { readonly transport: Transport; readonly works?: true }>> = {
  "no answer at all": { transport: () => {} },
  "headers, and then nothing": { transport: (_, response) => response.writeHead(200).flushHeaders() },
  "a body that never ends, byte by byte": {
    transport: (_, response) => {
      const timer = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(timer));
    },
  },
  "a body without end": {
    transport: (_, response) => {
      const send = (): void => {
        if (!response.destroyed) {
          response.write(Buffer.alloc(1 << 20, "a"), send);
        }
      };
      send();
    },
  },
  "a connection that is cut at once": { transport: (request) => request.socket.destroy() },
  "half an answer, and the connection cut": {
    transport: async (request, response, honest) => {
      response.write(JSON.stringify(await honest()).slice(0, 40));
      setImmediate(() => request.socket.destroy());
    },
  },
  "half an answer that says it is whole": {
    transport: async (_, response, honest) => response.end(JSON.stringify(await honest()).slice(0, 40)),
  },
  "less than the length that it names": {
    transport: (request, response) => {
      response.writeHead(200, { "content-length": "5000" }).write("[");
      setImmediate(() => request.socket.end());
    },
  },
  "an empty body": { transport: body("") },
  HTML: { transport: body("<html>Log in</html>") },
  "bytes that are no text": { transport: body(Uint8Array.from([0xff, 0xfe, 0x00, 0xc3, 0x28])) },
  null: { transport: body("null") },
  "a number": { transport: body("1e999") },
  "an empty list": { transport: body("[]") },
  "an empty object": { transport: body("{}") },
  "lists a hundred thousand deep": { transport: body("[".repeat(100_000)) },
  "a gzip bomb": { transport: body(gzipSync(Buffer.alloc(64 << 20)), { "content-encoding": "gzip" }) },
  "gzip that is none": { transport: body("{}", { "content-encoding": "gzip" }) },
  "HTTP 301 to a liar": { transport: status(301, { location: "http://127.0.0.1:1/" }) },
  "HTTP 307 to itself": { transport: status(307, { location: "/" }) },
  "HTTP 401": { transport: status(401) },
  "HTTP 403": { transport: status(403) },
  "HTTP 404": { transport: status(404) },
  "HTTP 429 for ever": { transport: status(429, { "retry-after": "86400" }) },
  "HTTP 500": { transport: status(500) },
  "HTTP 502": { transport: status(502) },
  "HTTP 503 for an hour": { transport: status(503, { "retry-after": "3600" }) },
  "HTTP 504": { transport: status(504) },
  "an error for everything": {
    transport: all(({ id }) => ({ jsonrpc: "2.0", id, error: { code: -32603, message: "internal" } })),
  },
  "an error that is none": { transport: all(({ id }) => ({ jsonrpc: "2.0", id, error: "no" })) },
  "ids of other questions": { transport: all((answer) => ({ ...answer, id: Number(answer.id) + 1_000 })) },
  "no ids": { transport: all(({ id: _, ...answer }) => answer) },
  "each answer twice, once otherwise": {
    transport: async (_, response, honest) => {
      const answers = [await honest()].flat();
      response.end(JSON.stringify(answers.flatMap((answer) => [answer, { ...answer, result: "0x1" }])));
    },
  },
  "results that are null": { transport: all(({ id }) => ({ jsonrpc: "2.0", id, result: null })) },
  "results of another kind": { transport: all(({ id }) => ({ jsonrpc: "2.0", id, result: [{}] })) },
  "ids as text": { transport: all((answer) => ({ ...answer, id: String(answer.id) })), works: true },
  "answers in another order": {
    transport: async (_, response, honest) => {
      const answers = await honest();
      response.end(JSON.stringify(Array.isArray(answers) ? answers.reverse() : answers));
    },
    works: true,
  },
  "members that nobody knows": { transport: all((answer) => ({ ...answer, extra: [1] })), works: true },
  "connections that end with each answer": {
    transport: async (_, response, honest) =>
      response.writeHead(200, { connection: "close" }).end(JSON.stringify(await honest())),
    works: true,
  },
  "no lists": {
    transport: async ({ bodyText }, response, honest) =>
      bodyText.startsWith("[")
        ? response.writeHead(400).end("no batches")
        : response.end(JSON.stringify(await honest())),
    works: true,
  },
};

/** Servers that do not even speak HTTP. */
const TCP: Readonly<Record<string, (socket: Socket) => void>> = {
  "garbage instead of HTTP": (socket) => socket.end(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x00, 0xff])),
  "headers without end": (socket) => {
    const send = (): void => {
      if (socket.writable) {
        socket.write(`x-${"a".repeat(1000)}: b\r\n`, send);
      }
    };
    socket.write("HTTP/1.1 200 OK\r\n", send);
  },
  "another protocol": (socket) => socket.end("220 mail.example ESMTP\r\n"),
};

/** What follows a client's first words of TLS (RFC 8446). */
const reply = (bytes: Uint8Array | string) => (socket: Socket) =>
  void socket.once("data", () => socket.end(bytes));
/** A record's head: handshake, TLS 1.2, and a length. */
const handshake = (length: number) => [0x16, 0x03, 0x03, length >> 8, length & 0xff];
const noise = (length: number) => Array.from({ length }, (_, index) => (index * 167 + 13) % 256);

/** Servers behind `https` that speak no TLS, or some of it. */
const TLS: Readonly<Record<string, (socket: Socket) => void>> = {
  "garbage instead of TLS": reply("HTTP/1.1 400 Bad\r\n\r\n"),
  "TLS cut at once": (socket) => void socket.once("data", () => socket.destroy()),
  "TLS records of garbage": reply(Uint8Array.from([...handshake(64), ...noise(64)])),
  "a TLS record that is larger than any": reply(Uint8Array.from([...handshake(0xffff), ...noise(0xffff)])),
  "half a TLS record, and then nothing": (socket) =>
    void socket.once("data", () => socket.write(Uint8Array.from([...handshake(64), ...noise(10)]))),
  "a TLS alert": reply(Uint8Array.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])),
  "TLS for a version that nobody speaks": reply(
    Uint8Array.from([0x16, 0x7f, 0x7f, 0x00, 0x04, 0x02, 0x00, 0x00, 0x00]),
  ),
  "a certificate that nobody vouches for": (socket) => {
    const secure = new TLSSocket(socket, { isServer: true, ...unknownCertificate() });
    secure.on("error", () => {});
    secure.once("data", () => secure.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"));
  },
};

function unknownCertificate(): { readonly key: string; readonly cert: string } {
  const key = newKey();
  const der = certificate({ subject: "127.0.0.1", key }).toString("base64");
  return {
    key: key.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`,
  };
}

/** Enough at one time to be quick, few enough that nobody's time limit passes for want of a processor. */
const AT_ONCE = 8;

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

describe("faults of transport", () => {
  async function faultUrls(): Promise<readonly (readonly [string, string, boolean])[]> {
    const http = Object.entries(TRANSPORT).map(
      async ([name, { transport, works }]) =>
        [name, await serve(() => world.honest, transport), works === true] as const,
    );
    const tcp = Object.entries(TCP).map(
      async ([name, onConnect]) => [name, await serveTcp(onConnect), false] as const,
    );
    const tls = Object.entries(TLS).map(async ([name, onConnect]) => {
      const url = await serveTcp(onConnect);
      return [name, url.replace("http:", "https:"), false] as const;
    });
    return Promise.all([...http, ...tcp, ...tls, ["nobody listens", "http://127.0.0.1:1/", false] as const]);
  }

  test("of the only server leave the verdict open, and end", async () => {
    const { real, claim } = world;
    await each(await faultUrls(), async ([name, url, works]) => {
      const [found, invented] = await checkAll(
        [url],
        [
          [REAL, [real]],
          [FALSE, [claim]],
        ],
      );
      const expected = works ? "finalized" : expect.stringMatching(/unreachable|wrongChain|disputed/);
      expect({ name, status: found?.status }).toEqual({ name, status: expected });
      expect({ name, anchor: invented?.anchor }).toEqual({ name, anchor: null });
      expect({ name, reason: found?.reason ?? "" }).toEqual({
        name,
        reason: works ? "" : expect.stringMatching(/^[A-Z0-9].*\.$/s),
      });
    });
  });

  test("of one server cost nothing beside an honest one", async () => {
    const { real, claim, honest } = world;
    const good = await serve(() => honest);
    await each(await faultUrls(), async ([name, url, works]) => {
      const [found, invented] = await checkAll(
        [url, good],
        [
          [REAL, [real]],
          [FALSE, [claim]],
        ],
      );
      expect({ name, status: found?.status, trust: found?.trust }).toEqual({
        name,
        status: "finalized",
        trust: works ? "stateProof" : "singleRpc",
      });
      expect({ name, status: invented?.status }).toEqual({ name, status: "absent" });
    });
  });
});

// Lies ---------------------------------------------------------------------------------------------------------------

/** What a liar answers instead. */
type Lie = (method: string, params: readonly unknown[], honest: Answerer) => unknown;

const answering =
  (lied: string, change: (answer: Json, params: readonly unknown[]) => unknown): Lie =>
  async (method, params, honest) => {
    const answer = await honest(method, params);
    return method === lied ? change((answer ?? {}) as Json, params) : answer;
  };
const word = (value: number) => `0x${value.toString(16).padStart(64, "0")}`;
const hex = (value: number) => `0x${value.toString(16)}`;
const OTHER = `0x${"0f".repeat(32)}`;
const flip = (value: unknown) => String(value).replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
const is = (root: Digest, params: readonly unknown[]) => JSON.stringify(params).includes(root);

/** Says a time of a root, and nothing else that is not so. */
const timed = (root: Digest, time: number | string): Lie =>
  answering("eth_call", (answer, params) =>
    is(root, params) ? (typeof time === "string" ? time : word(time)) : answer,
  );
/** Changes every block at or above a height, tags included. */
const blocks = (from: number, change: (block: Json) => unknown): Lie =>
  answering("eth_getBlockByNumber", (block) =>
    Number(block.number) >= from && Number(block.number) > 0 ? change(block) : block,
  );
const tagged = (tag: string, change: (block: Json) => unknown): Lie =>
  answering("eth_getBlockByNumber", (block, [first]) => (first === tag ? change(block) : block));
const at = (number: number, change: (block: Json) => unknown): Lie =>
  answering("eth_getBlockByNumber", (block, [first]) =>
    first !== "latest" && first !== "finalized" && Number(first) === number ? change(block) : block,
  );
const receipts = (change: (receipt: Json) => unknown): Lie => answering("eth_getTransactionReceipt", change);
const proofs = (change: (proof: Json) => unknown): Lie => answering("eth_getProof", change);

/** All that a verdict on the false root asks, answered to fit what its file claims. */
const consistent =
  (time: number): Lie =>
  async (method, params, honest) => {
    const block = (await honest("eth_getBlockByNumber", [hex(FALSE_BLOCK), false])) as Json;
    switch (method) {
      case "eth_call":
        return is(FALSE, params) ? word(time) : honest(method, params);
      case "eth_getBlockByNumber":
        return Number(params[0]) === FALSE_BLOCK
          ? { ...block, timestamp: hex(time) }
          : honest(method, params);
      case "eth_getTransactionReceipt": {
        if (params[0] !== transactionOf(FALSE)) {
          return honest(method, params);
        }
        const like = (await honest(method, [transactionOf(REAL)])) as { logs: Json[] } & Json;
        const place = {
          blockNumber: block.number,
          blockHash: block.hash,
          transactionHash: transactionOf(FALSE),
        };
        const [topic] = (like.logs[0]?.topics ?? []) as string[];
        const topics = [topic, `0x${FALSE}`, word(time)];
        return { ...like, ...place, logs: [{ ...like.logs[0], ...place, topics }] };
      }
      default:
        return honest(method, params);
    }
  };

interface Told {
  readonly lie: Lie;
  readonly claim?: Partial<Anchor>;
  /** How far the honest server has got, where that is not the head. */
  readonly honestHead?: number;
}

const inLogs = (change: Json): Lie =>
  receipts((receipt) => ({
    ...receipt,
    logs: (receipt.logs as Json[]).map((log) => ({ ...log, ...change })),
  }));
/** A transaction that never was, in the place of the real batch's. */
const invented: Lie = async (method, params, honest) => {
  if (method === "eth_getTransactionReceipt") {
    if (params[0] === transactionOf(REAL)) {
      return null;
    }
    if (params[0] === OTHER) {
      const receipt = (await honest(method, [transactionOf(REAL)])) as { logs: Json[] } & Json;
      const logs = receipt.logs.map((log) => ({ ...log, transactionHash: OTHER }));
      return { ...receipt, transactionHash: OTHER, logs };
    }
  }
  const result = await honest(method, params);
  return method === "eth_getLogs" && is(REAL, params)
    ? (result as Json[]).map((log) => ({ ...log, transactionHash: OTHER }))
    : result;
};

const LIES: Readonly<Record<string, Told>> = {
  "another chain id": { lie: answering("eth_chainId", () => "0x1") },
  "a chain id that is no number": { lie: answering("eth_chainId", () => "one") },
  "another block 0": { lie: at(0, (block) => ({ ...block, hash: OTHER })) },
  "no block 0": { lie: at(0, () => null) },
  "a block 0 of another time": { lie: at(0, (block) => ({ ...block, timestamp: hex(1) })) },
  "no code": { lie: answering("eth_getCode", () => "0x") },
  "other code": { lie: answering("eth_getCode", () => "0x6001") },
  "code that is none": { lie: answering("eth_getCode", () => "0x6") },
  "that it is a developer's node": { lie: answering("web3_clientVersion", () => "anvil/v1") },
  "a time of the false batch": { lie: timed(FALSE, timeOf(FALSE_BLOCK)) },
  "the time 1970 of the false batch": { lie: timed(FALSE, 1) },
  "the time 2100 of the false batch": { lie: timed(FALSE, 4_102_444_800) },
  "no time of the real batch": { lie: timed(REAL, 0) },
  "an earlier time of the real batch": { lie: timed(REAL, timeOf(20)) },
  "a time of 31 bytes": { lie: timed(REAL, `0x${"0".repeat(62)}`) },
  "a time beyond all times": { lie: timed(REAL, `0x${"f".repeat(64)}`) },
  "no bytes for a time": { lie: timed(REAL, "0x") },
  "a flipped bit in the hash of every block": {
    lie: blocks(1, (block) => ({ ...block, hash: flip(block.hash) })),
  },
  "a flipped bit in the hash of the anchor's block": {
    lie: at(REAL_BLOCK, (block) => ({ ...block, hash: flip(block.hash) })),
  },
  "another block than the one asked for": {
    lie: at(REAL_BLOCK, (block) => ({ ...block, number: hex(REAL_BLOCK + 1) })),
  },
  "no block at the anchor's height": { lie: at(REAL_BLOCK, () => null) },
  "blocks without numbers": { lie: blocks(1, ({ number: _, ...block }) => block) },
  "1970 as the time of the anchor's block": {
    lie: at(REAL_BLOCK, (block) => ({ ...block, timestamp: "0x1" })),
  },
  "2100 as the time of the anchor's block": {
    lie: at(REAL_BLOCK, (block) => ({ ...block, timestamp: hex(4_102_444_800) })),
  },
  "1970 as the time of all blocks": { lie: blocks(1, (block) => ({ ...block, timestamp: "0x1" })) },
  "a head that is long past": { lie: tagged("latest", (block) => ({ ...block, number: hex(10) })) },
  "a head a little behind": { lie: tagged("latest", (block) => ({ ...block, number: hex(60) })) },
  "a head in the far future": { lie: tagged("latest", (block) => ({ ...block, number: hex(10 ** 12) })) },
  "another head of that height": { lie: at(HEAD, (block) => ({ ...block, hash: OTHER })) },
  "no head": { lie: tagged("latest", () => null) },
  "a head that is older than it": { lie: tagged("latest", (block) => ({ ...block, timestamp: "0x1" })) },
  "that everything is final": { lie: tagged("finalized", (block) => ({ ...block, number: hex(HEAD) })) },
  "that more is final than there is": {
    lie: tagged("finalized", (block) => ({ ...block, number: hex(10 ** 12) })),
  },
  "that nothing is final": { lie: tagged("finalized", () => null) },
  "no receipt": { lie: receipts(() => null) },
  "a receipt of a failure": { lie: receipts((receipt) => ({ ...receipt, status: "0x0" })) },
  "a receipt of another block": { lie: receipts((receipt) => ({ ...receipt, blockHash: OTHER })) },
  "a receipt of another height": { lie: receipts((receipt) => ({ ...receipt, blockNumber: "0x1" })) },
  "a receipt of another transaction": {
    lie: receipts((receipt) => ({ ...receipt, transactionHash: OTHER })),
  },
  "a receipt without events": { lie: receipts((receipt) => ({ ...receipt, logs: [] })) },
  "an event of another contract": {
    lie: receipts((receipt) => ({
      ...receipt,
      logs: (receipt.logs as Json[]).map((log) => ({ ...log, address: `0x${"1".repeat(40)}` })),
    })),
  },
  "an event of another batch": {
    lie: receipts((receipt) => ({
      ...receipt,
      logs: (receipt.logs as Json[]).map((log) => ({
        ...log,
        topics: [(log.topics as string[])[0], OTHER, OTHER],
      })),
    })),
  },
  "an event that was removed": {
    lie: receipts((receipt) => ({
      ...receipt,
      logs: (receipt.logs as Json[]).map((log) => ({ ...log, removed: true })),
    })),
  },
  "an event of another block": { lie: inLogs({ blockHash: OTHER }) },
  "an event of another transaction": { lie: inLogs({ transactionHash: OTHER }) },
  "an event at another height": { lie: inLogs({ blockNumber: "0x1" }) },
  "a receipt with a status that is none": { lie: receipts((receipt) => ({ ...receipt, status: "0x2" })) },
  "a transaction that never was, for the real batch": { lie: invented },
  "the receipt of another batch for the false one": {
    lie: async (method, params, honest) =>
      method === "eth_getTransactionReceipt" && params[0] === transactionOf(FALSE)
        ? honest(method, [transactionOf(REAL)])
        : honest(method, params),
  },
  "no logs": { lie: answering("eth_getLogs", () => []) },
  "logs of another block": {
    lie: answering("eth_getLogs", (logs) =>
      (logs as unknown as Json[]).map((log) => ({ ...log, blockHash: OTHER })),
    ),
  },
  "logs that are none": { lie: answering("eth_getLogs", () => [{}]) },
  "no proof": { lie: proofs(() => null) },
  "a proof with a flipped bit": {
    lie: proofs((proof) => ({ ...proof, accountProof: (proof.accountProof as string[]).map(flip) })),
  },
  "a proof without its storage": { lie: proofs((proof) => ({ ...proof, storageProof: [] })) },
  "a proof of another slot": {
    lie: async (method, params, honest) =>
      honest(method, method === "eth_getProof" ? [params[0], [OTHER], params[2]] : params),
  },
  "a proof of an older block": {
    lie: async (method, params, honest) =>
      honest(method, method === "eth_getProof" ? [params[0], params[1], hex(1)] : params),
  },
  "headers of another state": { lie: blocks(1, (block) => ({ ...block, stateRoot: OTHER })) },
  "time and receipt of the false batch, as its file claims": { lie: consistent(timeOf(FALSE_BLOCK)) },
  "the same, in 1970": { lie: consistent(1), claim: { timestamp: 1 } },
  "the same, in 2100": { lie: consistent(4_102_444_800), claim: { timestamp: 4_102_444_800 } },
  "a whole other chain from block 1 on, which fits together": {
    lie: (method, params) => world.forged(method, params),
  },
  "the same, whose blocks the honest server has not reached": {
    lie: (method, params) => world.above(method, params),
    honestHead: 80,
  },
  "no time of the real batch, at a height that the honest server has not reached": {
    lie: timed(REAL, 0),
    honestHead: 80,
  },
};

/** Who is asked: by how many liars and how many honest servers. */
const COMPANIES = {
  alone: [1, 0],
  "beside an honest one": [1, 1],
  "two, against an honest one": [2, 1],
  "two, and nobody else": [2, 0],
} as const;
type Company = keyof typeof COMPANIES;

/** What comes of a lie: the worst of what is found of three batches, with and without files and proofs. */
type Outcome = "believed" | "believed, as proved" | "the truth is denied" | "unknown" | "no harm";
const WORST: readonly Outcome[] = [
  "believed, as proved",
  "believed",
  "the truth is denied",
  "unknown",
  "no harm",
];

const isGood = ({ status: found }: AnchorCheck) => found === "finalized" || found === "included";

/** What is found of a batch that is on the chain. */
function truthOf(found: AnchorCheck, { block, timestamp, transaction }: Anchor): Outcome {
  if (isGood(found)) {
    const isTrue =
      found.anchor?.timestamp === timestamp &&
      found.anchor.block.hash === block.hash &&
      (found.anchor.transaction === transaction || found.trust === "stateProof" || found.transactionUnsure) &&
      (found.status === "included" || block.number <= FINALIZED);
    return isTrue ? "no harm" : believed(found);
  }
  return found.status === "absent" || found.status === "reorged" ? "the truth is denied" : "unknown";
}

const believed = ({ trust }: AnchorCheck): Outcome =>
  trust === "stateProof" ? "believed, as proved" : "believed";

async function outcomeOf(urls: readonly string[], claim: Partial<Anchor> = {}): Promise<Outcome> {
  const { real, fresh, forgedClaim, forgedReal, aboveClaim } = world;
  const { proof: _, ...bare } = real;
  const untrue: readonly Question[] = [
    [FALSE, [aboveClaim]],
    [FALSE, [{ ...world.claim, ...claim }]],
    [FALSE, []],
    [FALSE, [forgedClaim]],
    [REAL, [forgedReal]],
  ];
  const anchored: readonly (readonly [...Question, Anchor])[] = [
    [REAL, [real], real],
    [REAL, [bare], real],
    [REAL, [], real],
    [FRESH, [fresh], fresh],
  ];
  const found = await checkAll(urls, [
    ...anchored.map(([root, files]): Question => [root, files]),
    ...untrue,
  ]);
  const outcomes = found.map((one, index): Outcome => {
    const truth = anchored[index]?.[2];
    if (one.trust === "local") {
      return "unknown";
    }
    const isTrue = one.anchor?.batchRoot === REAL && one.anchor.block.hash === real.block.hash;
    return truth !== undefined ? truthOf(one, truth) : isGood(one) && !isTrue ? believed(one) : "no harm";
  });
  return WORST.find((outcome) => outcomes.includes(outcome)) ?? "no harm";
}

const outcomes = new Map<string, Record<Company, Outcome>>();

describe("lies", () => {
  test("pass only where nobody honest is asked", { timeout: 600_000 }, async () => {
    const atHead = await serve(() => world.honest);
    await each(Object.entries(LIES), async ([name, { lie, claim, honestHead: height }]) => {
      const good =
        height === undefined ? atHead : await serve(() => reachedBy(world.honest, () => height, height - 10));
      const liar: Answerer = (method, params) => lie(method, params, world.honest);
      const liars = [await serve(() => liar), await serve(() => liar)];
      const found: Partial<Record<Company, Outcome>> = {};
      for (const [company, [lying, honest]] of Object.entries(COMPANIES)) {
        const urls = [...liars.slice(0, lying), ...[good].slice(0, honest)];
        found[company as Company] = await outcomeOf(urls, claim);
      }
      outcomes.set(name, found as Record<Company, Outcome>);
    });
    expect(
      outcomes.size + Object.keys(TRANSPORT).length + Object.keys(TCP).length + Object.keys(TLS).length + 1,
    ).toBeGreaterThan(90);
    for (const [name, found] of outcomes) {
      for (const company of ["beside an honest one", "two, against an honest one"] as const) {
        expect({ name, company, outcome: found[company] }).toEqual({
          name,
          company,
          outcome: expect.stringMatching(/^(?:unknown|no harm)$/),
        });
      }
    }
  });

  test("that pass are told in docs/chain-trust.md", () => {
    const path = join(import.meta.dirname, "../../../docs/chain-trust.md");
    const page = readFileSync(path, "utf8");
    const companies = Object.keys(COMPANIES) as Company[];
    const rows = Object.keys(LIES).map((name) => {
      const found = outcomes.get(name);
      return `| ${[name, ...companies.map((company) => found?.[company] ?? "?")].join(" | ")} |`;
    });
    const table = [
      `| a server says | ${companies.join(" | ")} |`,
      `|${" --- |".repeat(companies.length + 1)}`,
      ...rows,
    ].join("\n");
    const faults = [
      ...Object.keys(TRANSPORT),
      ...Object.keys(TCP),
      ...Object.keys(TLS),
      "nobody listens",
    ].join("; ");
    const begin = "<!-- faults: written by test/integration/chain/faults.test.ts -->";
    const end = "<!-- end of faults -->";
    const text = `${begin}\n\n${table}\n\nFaults of transport: ${faults}.\n\n${end}`;
    const written = page.replace(new RegExp(`${begin}[^]*${end}`), () => text);
    if (process.env.WRITE_DOCS === "1") {
      writeFileSync(path, written);
    }
    expect(page).toBe(written);
    expect(page).toContain(table);
  });
});
