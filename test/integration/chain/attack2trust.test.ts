/** Attacks on whose word the chain is: each states what is right. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { keccak256, toBytes, toHex } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type * as z from "zod";
import type { Anchor } from "../../../server/src/chain/chain";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { openHost } from "../../../server/src/chain/embedded/host";
import type { KnownChain } from "../../../server/src/chain/knownChains";
import { timeSlot } from "../../../server/src/chain/trust/stateProof";
import { withProof } from "../../../server/src/chain/trust/takeProof";
import { Digest } from "../../../server/src/platform/primitives";
import { afterwards, agreed, newHome } from "../../support/chainTest";
import { digestNamed } from "../../support/evidenceMaker";
import { removeFolder } from "../../support/removeFolder";
import {
  type Answerer,
  anchorOn,
  CHAIN_ID,
  EAS,
  knownChainOf,
  makeChain,
  timeOf,
} from "../../support/scriptedChain";

const REAL = Digest.parse(digestNamed("real"));
const FALSE = Digest.parse(digestNamed("false"));

let honest: Answerer;
let forged: Answerer;
let known: KnownChain;
let real: Anchor;
beforeAll(async () => {
  honest = await makeChain({ [REAL]: 50 });
  forged = await makeChain({ [REAL]: 50, [FALSE]: 60 });
  known = await knownChainOf(honest);
  real = await anchorOn(honest, REAL, 50);
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

async function serve(chain: () => Answerer, onCall: () => void = () => {}): Promise<string> {
  const server = createServer(async (request, response) => {
    const calls: Asked | Asked[] = JSON.parse(await text(request));
    const answers = await Promise.all(
      [calls].flat().map(async ({ id, method, params }) => {
        onCall();
        try {
          return { jsonrpc: "2.0", id, result: await chain()(method, params) };
        } catch (error) {
          return { jsonrpc: "2.0", id, error: { code: -32000, message: String(error) } };
        }
      }),
    );
    response.end(JSON.stringify(Array.isArray(calls) ? answers : answers[0]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "proofline-attack-"));
  afterwards(async () => removeFolder(folder));
  return folder;
}

const configurationOf = (urls: readonly string[]) =>
  ({
    kind: "rpc",
    home: newFolder(),
    id: CHAIN_ID,
    rpcUrls: urls.map((url, index) => `Operator ${index}=${url}`),
    contract: EAS,
  }) as const;

function readerOf(urls: readonly string[]) {
  const reader = openChain(configurationOf(urls), { start: false, knownChains: [known] });
  afterwards(() => reader.close());
  return reader;
}

type Json = Record<string, unknown>;
const changing =
  (chain: Answerer, method: string, change: (result: Json) => unknown): Answerer =>
  async (asked, params) => {
    const result = await chain(asked, params);
    return asked === method && result !== null ? change(result as Json) : result;
  };

/** Lies in a receipt, by what the honest server beside the liar does not say otherwise. */
const RECEIPTS: Readonly<Record<string, (receipt: Json) => unknown>> = {
  "an event of another block": (receipt) => ({
    ...receipt,
    logs: (receipt.logs as Json[]).map((log) => ({ ...log, blockHash: `0x${"77".repeat(32)}` })),
  }),
  "an event of another transaction": (receipt) => ({
    ...receipt,
    logs: (receipt.logs as Json[]).map((log) => ({ ...log, transactionHash: `0x${"77".repeat(32)}` })),
  }),
  "an event at another height": (receipt) => ({
    ...receipt,
    logs: (receipt.logs as Json[]).map((log) => ({ ...log, blockNumber: "0x1" })),
  }),
  "a status of two": (receipt) => ({ ...receipt, status: "0x2" }),
};
test.each(Object.entries(RECEIPTS))(
  "TRUST-5: %s, said beside an honest server, denies no truth",
  async (_, change) => {
    const liar = changing(honest, "eth_getTransactionReceipt", change);
    for (const order of [
      [liar, honest],
      [honest, liar],
    ]) {
      const urls = await Promise.all(order.map((chain) => serve(() => chain)));
      const check = await readerOf(urls).check(REAL, [real]);
      expect(["finalized", "disputed", "unreachable"]).toContain(check.status);
    }
  },
);

test("TRUST-6: a file with a proof of a trie of its maker's own leaves the true anchor beside it as it is", async () => {
  const state = await createMPT({ useKeyHashing: true });
  await state.put(toBytes(EAS), Uint8Array.of(0xf8));
  const header = RLP.encode([
    ...[32, 32, 20].map((length) => new Uint8Array(length)),
    state.root(),
    ...[32, 32, 256].map((length) => new Uint8Array(length)),
    0,
    50,
    30_000_000,
    0,
    timeOf(50),
    new Uint8Array(),
    new Uint8Array(32),
    new Uint8Array(8),
    7,
  ]);
  const hostile: Anchor = {
    ...real,
    block: { number: 50, hash: keccak256(header) },
    proof: {
      header: toHex(header),
      account: (await createMerkleProof(state, toBytes(EAS))).map((node) => toHex(node)),
      storage: [],
    },
  };
  const urls = [await serve(() => honest), await serve(() => honest)];
  expect(await readerOf(urls).check(REAL, [hostile, real])).toMatchObject({
    status: "finalized",
    trust: "quorum",
  });
});

test("TRUST-7: a server that spoke for another chain for a moment disputes nothing once it is right again", async () => {
  const real0 = performance.now.bind(performance);
  let offset = 0;
  vi.spyOn(performance, "now").mockImplementation(() => real0() + offset);
  let second: "away" | "wrong" | "right" = "away";
  const wrong: Answerer = async (method, params) =>
    method === "eth_chainId" ? "0x1" : honest(method, params);
  const away: Answerer = async () => {
    throw new Error("starting");
  };
  const urls = [
    await serve(() => honest),
    await serve(() => (second === "away" ? away : second === "wrong" ? wrong : honest)),
  ];
  const reader = readerOf(urls);
  expect(await reader.check(REAL, [real])).toMatchObject({ status: "finalized", trust: "singleRpc" });
  const later = async (root: string): Promise<string> => {
    let status = "";
    for (let count = 0; count < 20; count += 1) {
      offset += 11_000;
      ({ status } = await reader.check(Digest.parse(digestNamed(`${root} ${count}`)), []));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return status;
  };
  second = "wrong";
  expect(await later("one")).toBe("disputed");
  second = "right";
  expect(await later("two")).toBe("pending");
});

test("TRUST-8: nothing is called anchored on the word of one server that an honest one beside it contradicts", async () => {
  // The liar's blocks are the true ones; only what EAS stores and tells is not.
  const block = (await honest("eth_getBlockByNumber", ["0x3c", false])) as Json;
  const liar: Answerer = async (method, params) => {
    switch (method) {
      case "eth_call":
        return forged(method, params);
      case "eth_getLogs":
        return ((await forged(method, params)) as Json[]).map((log) => ({ ...log, blockHash: block.hash }));
      default:
        return honest(method, params);
    }
  };
  const urls = [await serve(() => liar), await serve(() => honest)];
  const writer = openWriter(configurationOf(urls), {
    key: generatePrivateKey(),
    confirm: agreed,
    knownChains: [known],
  });
  afterwards(() => writer.close());
  await expect(writer.anchor(FALSE)).rejects.toMatchObject({ code: expect.stringMatching(/^chain\./) });
});

test("TRUST-9: a key in a server's address is in no message, also where the server repeats it", async () => {
  const key = "0123456789abcdef0123456789abcdef";
  const angry: Answerer = async () => {
    throw new Error(`project /v3/${key} is over its limit of today`);
  };
  const url = `${await serve(() => angry)}v3/${key}`;
  const { reason } = await readerOf([url]).check(REAL, [real]);
  expect(reason).toBeDefined();
  expect(reason).not.toContain(key);
});

/** Also shows a transaction that never was, for a batch that is there. */
function inventing(): Answerer {
  const invented = `0x${"77".repeat(32)}`;
  return async (method, params) => {
    if (method === "eth_getTransactionReceipt" && params[0] === invented) {
      const receipt = (await honest(method, [real.transaction])) as Json;
      const logs = (receipt.logs as Json[]).map((log) => ({ ...log, transactionHash: invented }));
      return { ...receipt, transactionHash: invented, logs };
    }
    const result = await honest(method, params);
    return method === "eth_getLogs"
      ? (result as Json[]).map((log) => ({ ...log, transactionHash: invented }))
      : result;
  };
}

test("TRUST-12: a transaction that one of two servers invents is not shown for a true anchor without a file", async () => {
  const urls = [await serve(inventing), await serve(() => honest)];
  const check = await readerOf(urls).check(REAL, []);
  expect(check).toMatchObject({ status: "finalized" });
  expect(check.anchor?.transaction).toBe(real.transaction);
});

test("TRUST-13: a file about an invented transaction does not stand before the true one, nor lower its trust", async () => {
  const urls = [await serve(inventing), await serve(() => honest)];
  const invented: Anchor = { ...real, transaction: `0x${"77".repeat(32)}` };
  for (const files of [
    [real, invented],
    [invented, real],
  ]) {
    const check = await readerOf(urls).check(REAL, files);
    expect(check).toMatchObject({ status: "finalized", trust: "quorum" });
    expect(check.anchor?.transaction).toBe(real.transaction);
  }
});

/** The same chain, whose server has only reached a height. */
const reached =
  (chain: Answerer, height: number, final: number): Answerer =>
  async (method, params) => {
    const hex = (value: number) => `0x${value.toString(16)}`;
    const named = params.map((one) =>
      one === "latest" ? hex(height) : one === "finalized" ? hex(final) : one,
    );
    const beyond = (one: unknown) =>
      typeof one === "string" && /^0x[0-9a-f]{1,8}$/.test(one) && Number(one) > height;
    if (method === "eth_getBlockByNumber" && beyond(named[0])) {
      return null;
    }
    if ((method === "eth_call" && beyond(named[1])) || (method === "eth_getProof" && beyond(named[2]))) {
      throw new Error("header not found");
    }
    return chain(method, named);
  };

test.each(["with", "without"])(
  "TRUST-14: two who invent blocks above an honest server's head are not believed (%s a proof)",
  async (proof) => {
    const root = Digest.parse(digestNamed("above"));
    const invented = await makeChain({ [REAL]: 50, [root]: 85 });
    const claim = await anchorOn(invented, root, 85);
    const witness = {
      operator: "maker",
      server: {
        host: "maker",
        call: async <T>(method: string, params: readonly unknown[], schema: z.ZodType<T>) =>
          schema.parse(await invented(method, params)),
      },
    };
    const file = proof === "with" ? await withProof(claim, known, [witness]) : claim;
    const urls = [
      await serve(() => reached(honest, 80, 70)),
      await serve(() => invented),
      await serve(() => invented),
    ];
    const check = await readerOf(urls).check(root, [file]);
    console.log("TRUST-14", check.status, check.trust, check.operators, check.reason);
    expect(check.anchor).toBeNull();
  },
);

test("TRUST-15: two who invent a height above an honest server's head deny no true anchor", async () => {
  const denying: Answerer = async (method, params) => {
    if (method === "eth_getProof") {
      throw new Error("the method eth_getProof is not available");
    }
    return method === "eth_call" && params[1] !== "latest" && JSON.stringify(params[0]).includes(REAL)
      ? `0x${"0".repeat(64)}`
      : honest(method, params);
  };
  const urls = [
    await serve(() => reached(honest, 80, 70)),
    await serve(() => denying),
    await serve(() => denying),
  ];
  const check = await readerOf(urls).check(REAL, [real]);
  console.log("TRUST-15", check.status, check.trust, check.operators, check.reason);
  expect(["finalized", "included", "disputed", "unreachable"]).toContain(check.status);
});

test("TRUST-10: thousands of false files about one batch cost a bounded number of questions", async () => {
  let calls = 0;
  const urls = [
    await serve(
      () => honest,
      () => {
        calls += 1;
      },
    ),
    await serve(() => honest),
  ];
  const files = Array.from(
    { length: 3_000 },
    (_, index): Anchor => ({
      ...real,
      transaction: `0x${digestNamed(`transaction ${index}`)}`,
      block: { number: 10 + (index % 40), hash: `0x${digestNamed(`block ${index}`)}` },
    }),
  );
  const started = performance.now();
  const check = await readerOf(urls).check(REAL, [...files, real]);
  console.log(
    "TRUST-10",
    check.status,
    check.trust,
    calls,
    "questions",
    check.remarks?.length,
    "remarks",
    Math.round(performance.now() - started),
    "ms",
  );
  expect(check.status).toBe("finalized");
  expect(calls).toBeLessThan(500);
});

test("TRUST-11: files with proofs of their maker's own are not asked about one after the other for ever", async () => {
  const account = (storageRoot: Uint8Array) => RLP.encode([1, 0, storageRoot, toBytes(keccak256("0x60"))]);
  const storage = await createMPT({ useKeyHashing: true });
  const slot = toBytes(timeSlot(known, REAL));
  await storage.put(slot, RLP.encode(timeOf(50)));
  const state = await createMPT({ useKeyHashing: true });
  await state.put(toBytes(EAS), account(storage.root()));
  const nodes = {
    account: (await createMerkleProof(state, toBytes(EAS))).map((node) => toHex(node)),
    storage: (await createMerkleProof(storage, slot)).map((node) => toHex(node)),
  };
  const files = Array.from({ length: 400 }, (_, index): Anchor => {
    const header = RLP.encode([
      ...[32, 32, 20].map((length) => new Uint8Array(length)),
      state.root(),
      ...[32, 32, 256].map((length) => new Uint8Array(length)),
      0,
      1 + (index % 90),
      30_000_000,
      0,
      timeOf(50),
      toBytes(index),
      new Uint8Array(32),
      new Uint8Array(8),
      7,
    ]);
    return {
      ...real,
      block: { number: 1 + (index % 90), hash: keccak256(header) },
      proof: { header: toHex(header), ...nodes },
    };
  });
  let calls = 0;
  const slow: Answerer = async (method, params) => {
    calls += 1;
    await new Promise((resolve) => setTimeout(resolve, 40));
    return honest(method, params);
  };
  const urls = [await serve(() => slow), await serve(() => slow)];
  const reader = readerOf(urls);
  await reader.check(REAL, [real]);
  calls = 0;
  const started = performance.now();
  const check = await reader.check(REAL, [...files, real]);
  const took = performance.now() - started;
  console.log("TRUST-11", check.status, check.trust, calls, "questions", Math.round(took), "ms");
  expect(check.status).toBe("finalized");
  expect(took).toBeLessThan(6_000);
});

test("MONEY-8: a home in which payments cannot be noted is told as that, and not as a server's fault", async () => {
  const paying: Answerer = async (method, params) => {
    switch (method) {
      case "eth_estimateGas":
        return "0xb500";
      case "eth_gasPrice":
      case "eth_maxPriorityFeePerGas":
        return "0x1";
      case "eth_getTransactionCount":
        return "0x0";
      default:
        return honest(method, params);
    }
  };
  const configuration = configurationOf([await serve(() => paying)]);
  writeFileSync(join(configuration.home, "payments"), "");
  const writer = openWriter(configuration, {
    key: generatePrivateKey(),
    confirm: agreed,
    knownChains: [known],
  });
  afterwards(() => writer.close());
  const error = await writer.anchor(FALSE).catch((one: unknown) => one);
  expect(error).toMatchObject({ reason: expect.not.stringMatching(/^The chain could not be read/) });
});

test.each(["eth_estimateGas", "eth_gasPrice"])(
  "MONEY-9: a fee that cannot be (%s) is told in a sentence",
  async (lie) => {
    const paying: Answerer = async (method, params) => {
      switch (method) {
        case "eth_estimateGas":
          return lie === "eth_gasPrice" ? "0x0" : `0x${"f".repeat(64)}`;
        case "eth_gasPrice":
          return "0x1";
        case "eth_maxPriorityFeePerGas":
          return lie === "eth_gasPrice" ? `0x${"f".repeat(64)}` : "0x0";
        case "eth_getTransactionCount":
          return "0x0";
        default:
          return honest(method, params);
      }
    };
    const configuration = configurationOf([await serve(() => paying)]);
    const writer = openWriter(configuration, {
      key: generatePrivateKey(),
      confirm: agreed,
      knownChains: [known],
    });
    afterwards(() => writer.close());
    const error = await writer.anchor(FALSE).catch((one: unknown) => one);
    console.log(lie, error);
    expect(error).toMatchObject({ code: "chain.payment" });
  },
);

test.each([
  [
    "a dangling link in a claim's place",
    (folder: string) => symlinkSync(join(folder, "nowhere"), join(folder, "host.7")),
  ],
  ["a folder in a claim's place", (folder: string) => mkdirSync(join(folder, "host.7"))],
  ["an empty claim", (folder: string) => writeFileSync(join(folder, "host.7"), "")],
  [
    "the highest claim that there can be",
    (folder: string) => writeFileSync(join(folder, "host.999999999999999"), "/nowhere.sock"),
  ],
  ["a claim that names a file", (folder: string) => writeFileSync(join(folder, "host.7"), "/etc/passwd")],
  ["a claim that names a port", (folder: string) => writeFileSync(join(folder, "host.7"), "1")],
])("LOCAL-1: %s ends in a host or in a sentence, within the time for opening one", async (_, spoil) => {
  const configuration = await newHome();
  const folder = join(configuration.home, "chain");
  mkdirSync(folder, { mode: 0o700 });
  spoil(folder);
  const late = new Promise<string>((resolve) => setTimeout(() => resolve("hangs"), 45_000).unref());
  const outcome = openHost(configuration, "create", { idleMilliseconds: 300 }).then(
    async (session) => {
      session?.close();
      return "host";
    },
    (error: unknown) => `${error}`,
  );
  const result = await Promise.race([outcome, late]);
  console.log("LOCAL-1", _, result);
  expect(result).toMatch(/^host$|ProoflineError/);
});
