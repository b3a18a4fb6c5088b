import { generatePrivateKey } from "viem/accounts";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Anchor } from "../../../server/src/chain/chain";
import { openWriter } from "../../../server/src/chain/chainWriter";
import type { KnownChain } from "../../../server/src/chain/knownChains";
import { withProof } from "../../../server/src/chain/trust/takeProof";
import { Digest } from "../../../server/src/platform/primitives";
import { agreed } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { eventually } from "../../support/eventually";
import { digestNamed } from "../../support/evidenceMaker";
import {
  type Answerer,
  anchorOn,
  HEAD,
  knownChainOf,
  makeChain,
  reachedBy,
} from "../../support/scriptedChain";
import { configurationOf, readerOf, witnessOf } from "../../support/scriptedServer";

/** Several servers of one chain that differ in what they can speak about, or say so. */

type Json = Record<string, unknown>;

const REAL = Digest.parse(digestNamed("real"));
const RECENT = Digest.parse(digestNamed("recent"));
const FALSE = Digest.parse(digestNamed("false"));
const INVENTED = `0x${"77".repeat(32)}` as const;

let honest: Answerer;
let forged: Answerer;
let known: KnownChain;
let real: Anchor;
let recent: Anchor;
beforeAll(async () => {
  honest = await makeChain({ [REAL]: 50, [RECENT]: 95 });
  forged = await makeChain({ [REAL]: 50, [FALSE]: 60 });
  known = await knownChainOf(honest);
  real = await anchorOn(honest, REAL, 50);
  recent = await anchorOn(honest, RECENT, 95);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const check = async (chains: readonly Answerer[], root: Digest, files: readonly Anchor[]) =>
  (await readerOf(chains, known)).check(root, files);

describe("liars do not choose where an honest server falls silent", () => {
  test.each(["with", "without"])("by blocks above its head, %s a proof", async (proof) => {
    const root = Digest.parse(digestNamed("above"));
    const inventing = await makeChain({ [REAL]: 50, [root]: 85 });
    const claim = await anchorOn(inventing, root, 85);
    const file = proof === "with" ? await withProof(claim, known, [witnessOf(inventing)]) : claim;
    const behind = reachedBy(honest, () => 80, 70);
    for (const files of [[file], []]) {
      const found = await check([behind, inventing, inventing], root, files);
      expect(found).toMatchObject({ status: "unreachable", trust: "singleRpc", anchor: null });
      expect(found.reason).toMatch(/^127.0.0.1:\d+ has only reached block 80 \(127.0.0.1:\d+ says 100, /);
    }
  });

  test("to deny an anchor that it knows", async () => {
    const denying: Answerer = (method, params) =>
      method === "eth_call" && JSON.stringify(params).includes(REAL)
        ? `0x${"0".repeat(64)}`
        : honest(method, params);
    const behind = reachedBy(honest, () => 80, 70);
    expect(await check([behind, denying, denying], REAL, [real])).toMatchObject({ status: "disputed" });
  });

  test("by a height so low that it no longer holds the state", async () => {
    const full: Answerer = (method, params) => {
      if (method === "eth_call" && params[1] !== "latest" && Number(params[1]) < HEAD - 30) {
        throw new Error("missing trie node");
      }
      return honest(method, params);
    };
    const low = (chain: Answerer) => reachedBy(chain, () => 65, 60);
    expect(await check([low(honest), low(honest), full], REAL, [real])).toMatchObject({
      status: "finalized",
      trust: "quorum",
      operators: ["operator 0", "operator 1", "operator 2"],
    });
    const claim = await anchorOn(honest, FALSE, 60);
    const lying: Answerer = (method, params) =>
      method === "eth_call" ? forged(method, params) : honest(method, params);
    expect(await check([low(lying), low(lying), full], FALSE, [claim])).toMatchObject({ status: "disputed" });
  });

  test("by a block that it does not show, though it has reached it", async () => {
    const other = `0x${"ab".repeat(32)}`;
    const blockOf =
      (change: (block: Json) => unknown): Answerer =>
      async (method, params) => {
        const result = await honest(method, params);
        return method === "eth_getBlockByNumber" && params[0] === "0x32" ? change(result as Json) : result;
      };
    const liar = blockOf((block) => ({ ...block, hash: other }));
    const found = await check([blockOf(() => null), liar, liar], REAL, [real]);
    expect(found).toMatchObject({
      status: "unreachable",
      reason: expect.stringContaining("not shown block 50"),
    });
  });
});

describe("an honest server that lags", () => {
  test("by a few blocks is waited for", async () => {
    let asked = 0;
    const lagging = reachedBy(honest, () => (asked < 3 ? 94 : HEAD), 90);
    const counted: Answerer = (method, params) => {
      asked += method === "eth_getBlockByNumber" && params[0] === "latest" ? 1 : 0;
      return lagging(method, params);
    };
    expect(await check([honest, counted], RECENT, [recent])).toMatchObject({
      status: "included",
      trust: "quorum",
      anchor: recent,
    });
  });

  test("whose computers are not of one mind is asked again", async () => {
    let asked = 0;
    const balanced: Answerer = (method, params) => {
      asked += 1;
      return asked % 2 === 0 && params[0] !== "latest" && Number(params[0]) > 90
        ? null
        : honest(method, params);
    };
    expect(await check([honest, balanced], REAL, [real])).toMatchObject({
      status: "finalized",
      trust: "quorum",
    });
  });

  test("by much counts for what it has reached, and leaves the rest in doubt by name", async () => {
    const stuck = reachedBy(honest, () => 60, 55);
    const reader = await readerOf([honest, honest, stuck], known);
    expect(await reader.check(REAL, [real])).toMatchObject({
      status: "finalized",
      trust: "quorum",
      operators: ["operator 0", "operator 1", "operator 2"],
    });
    expect(await reader.check(RECENT, [recent])).toMatchObject({
      status: "unreachable",
      reason: expect.stringContaining("has only reached block 60"),
    });
  });
});

describe("each field of a receipt that decides is compared", () => {
  const inLogs =
    (change: Json) =>
    (receipt: Json): Json => ({
      ...receipt,
      logs: (receipt.logs as Json[]).map((log) => ({ ...log, ...change })),
    });
  test.each(
    Object.entries({
      "an event of another block": inLogs({ blockHash: INVENTED }),
      "an event of another transaction": inLogs({ transactionHash: INVENTED }),
      "an event at another height": inLogs({ blockNumber: "0x1" }),
      "a status of two": (receipt: Json) => ({ ...receipt, status: "0x2" }),
    }),
  )("%s, said beside an honest server, denies no truth", async (_, change) => {
    const liar: Answerer = async (method, params) => {
      const result = await honest(method, params);
      return method === "eth_getTransactionReceipt" ? change(result as Json) : result;
    };
    for (const order of [
      [liar, honest],
      [honest, liar],
    ]) {
      expect(await check(order, REAL, [real])).toMatchObject({ status: "disputed" });
    }
  });
});

describe("a transaction that never was", () => {
  /** Also shows it, for a batch that is there. */
  const inventing: Answerer = async (method, params) => {
    if (method === "eth_getTransactionReceipt" && params[0] === INVENTED) {
      const receipt = (await honest(method, [real.transaction])) as Json;
      const logs = (receipt.logs as Json[]).map((log) => ({ ...log, transactionHash: INVENTED }));
      return { ...receipt, transactionHash: INVENTED, logs };
    }
    const result = await honest(method, params);
    return method === "eth_getLogs"
      ? (result as Json[]).map((log) => ({ ...log, transactionHash: INVENTED }))
      : result;
  };

  test("is not shown where a server shows the true one", async () => {
    const claim: Anchor = { ...real, transaction: INVENTED };
    for (const files of [[], [claim], [real, claim], [claim, real]]) {
      expect(await check([inventing, honest], REAL, files)).toMatchObject({
        status: "finalized",
        trust: "quorum",
        anchor: { transaction: real.transaction },
      });
    }
  });

  test("is not certain where an honest server does not show it, however many do", async () => {
    const hiding: Answerer = (method, params) =>
      method === "eth_getTransactionReceipt" && params[0] === real.transaction
        ? null
        : inventing(method, params);
    const found = await check([hiding, hiding, honest], REAL, []);
    expect(found).toMatchObject({ status: "finalized", transactionUnsure: true });
    expect(found.remarks).toEqual([expect.stringContaining("not shown the anchor's transaction")]);
  });
});

test("a server that spoke for another chain for a moment disputes nothing once it is right again", async () => {
  const now = performance.now.bind(performance);
  let offset = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now() + offset);
  let second: "away" | "wrong" | "right" = "away";
  const changing: Answerer = (method, params) => {
    if (second === "away") {
      throw new Error("starting");
    }
    return second === "wrong" && method === "eth_chainId" ? "0x1" : honest(method, params);
  };
  const reader = await readerOf([honest, changing], known);
  expect(await reader.check(REAL, [real])).toMatchObject({ status: "finalized", trust: "singleRpc" });
  let count = 0;
  const becomes = (status: string) =>
    eventually(`a new batch to be ${status}`, async () => {
      offset += 11_000;
      count += 1;
      return (await reader.check(Digest.parse(digestNamed(`root ${count}`)), [])).status === status;
    });
  second = "wrong";
  await becomes("disputed");
  second = "right";
  await becomes("pending");
});

test("nothing is called anchored on the word of one server that an honest one beside it contradicts", async () => {
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
  const writer = openWriter(await configurationOf([liar, honest]), {
    key: generatePrivateKey(),
    confirm: agreed,
    knownChains: [known],
  });
  afterwards(() => writer.close());
  await expect(writer.anchor(FALSE)).rejects.toMatchObject({ code: "chain.disputed" });
  expect(await writer.anchor(REAL)).toMatchObject({ transaction: real.transaction });
});
