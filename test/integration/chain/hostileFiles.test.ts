import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { keccak256, toBytes, toHex } from "viem";
import { beforeAll, expect, test } from "vitest";
import type { Anchor } from "../../../server/src/chain/chain";
import type { KnownChain } from "../../../server/src/chain/knownChains";
import { timeSlot } from "../../../server/src/chain/trust/stateProof";
import { withProof } from "../../../server/src/chain/trust/takeProof";
import { Digest } from "../../../server/src/platform/primitives";
import { digestNamed } from "../../support/evidenceMaker";
import {
  type Answerer,
  anchorOn,
  EAS,
  HEAD,
  knownChainOf,
  makeChain,
  timeOf,
} from "../../support/scriptedChain";
import { readerOf, witnessOf } from "../../support/scriptedServer";

/** Anchor files that somebody added beside a true one, to break what is found of it or to cost time. */

const REAL = Digest.parse(digestNamed("real"));

let honest: Answerer;
let known: KnownChain;
let real: Anchor;
beforeAll(async () => {
  honest = await makeChain({ [REAL]: 50 });
  known = await knownChainOf(honest);
  real = await anchorOn(honest, REAL, 50);
});

/** A header of one's own over a state of one's own. */
function headerOver(stateRoot: Uint8Array, number: number, extra = new Uint8Array()): Uint8Array {
  return RLP.encode([
    ...[32, 32, 20].map((length) => new Uint8Array(length)),
    stateRoot,
    ...[32, 32, 256].map((length) => new Uint8Array(length)),
    0,
    number,
    30_000_000,
    0,
    timeOf(50),
    extra,
    new Uint8Array(32),
    new Uint8Array(8),
    7,
  ]);
}

const hexes = (nodes: readonly Uint8Array[]) => nodes.map((node) => toHex(node));

test("a proof in a trie of one's own leaves the true anchor as it is", async () => {
  const state = await createMPT({ useKeyHashing: true });
  await state.put(toBytes(EAS), Uint8Array.of(0xf8));
  const header = headerOver(state.root(), 50);
  const proof = {
    header: toHex(header),
    account: hexes(await createMerkleProof(state, toBytes(EAS))),
    storage: [],
  };
  const own: Anchor = { ...real, block: { number: 50, hash: keccak256(header) }, proof };
  const underTheTrueBlock: Anchor = { ...real, proof };
  const reader = await readerOf([honest, honest], known);
  expect(await reader.check(REAL, [own, underTheTrueBlock, real])).toMatchObject({
    status: "finalized",
    trust: "quorum",
    anchor: real,
  });
});

test("a block about which the servers differ, in one file, leaves another's anchor as it is", async () => {
  const differing: Answerer = async (method, params) => {
    const block = await honest(method, params);
    return method === "eth_getBlockByNumber" && Number(params[0]) === 97
      ? { ...(block as object), hash: `0x${"ab".repeat(32)}` }
      : block;
  };
  const reader = await readerOf([honest, differing], known);
  const other = await anchorOn(honest, REAL, 97);
  expect(await reader.check(REAL, [{ ...other, timestamp: real.timestamp }, real])).toMatchObject({
    status: "finalized",
    trust: "quorum",
    anchor: real,
  });
});

test("thousands of false files cost a bounded number of questions and remarks", async () => {
  let asked = 0;
  const counted: Answerer = (method, params) => {
    asked += 1;
    return honest(method, params);
  };
  const files = Array.from(
    { length: 3_000 },
    (_, index): Anchor => ({
      ...real,
      transaction: `0x${digestNamed(`transaction ${index}`)}`,
      block: {
        number: 10 + (index % 2 === 0 ? index % 40 : HEAD),
        hash: `0x${digestNamed(`block ${index}`)}`,
      },
    }),
  );
  const reader = await readerOf([counted, honest], known);
  const found = await reader.check(REAL, [...files, real]);
  expect(found).toMatchObject({ status: "finalized", trust: "quorum", anchor: real });
  expect(asked).toBeLessThan(100);
  expect(found.remarks?.length).toBeLessThan(20);
  expect(found.remarks?.at(-1)).toBe("2985 more anchor files about this batch were left out.");
});

test("hundreds of files with proofs of their maker's own cost few rounds, and hide no true proof", async () => {
  const storage = await createMPT({ useKeyHashing: true });
  const slot = toBytes(timeSlot(known, REAL));
  await storage.put(slot, RLP.encode(timeOf(50)));
  const state = await createMPT({ useKeyHashing: true });
  await state.put(toBytes(EAS), RLP.encode([1, 0, storage.root(), toBytes(keccak256("0x60"))]));
  const nodes = {
    account: hexes(await createMerkleProof(state, toBytes(EAS))),
    storage: hexes(await createMerkleProof(storage, slot)),
  };
  const files = Array.from({ length: 400 }, (_, index): Anchor => {
    const number = 1 + (index % 90);
    const header = headerOver(state.root(), number, Uint8Array.of(index >> 8, index & 255));
    return {
      ...real,
      block: { number, hash: keccak256(header) },
      proof: { header: toHex(header), ...nodes },
    };
  });
  const proved = await withProof(real, known, [witnessOf(honest)]);
  let asked = 0;
  const counted: Answerer = (method, params) => {
    asked += 1;
    return honest(method, params);
  };
  const reader = await readerOf([counted, honest], known);
  expect(await reader.check(REAL, [...files, proved])).toMatchObject({
    status: "finalized",
    trust: "stateProof",
  });
  expect(asked).toBeLessThan(100);
});

test("so many false files that the true one is left out deny nothing", async () => {
  const files = Array.from(
    { length: 40 },
    (_, index): Anchor => ({
      ...real,
      block: { number: 10 + index, hash: `0x${digestNamed(`block ${index}`)}` },
    }),
  );
  const withoutLogs: Answerer = (method, params) => {
    if (method === "eth_getLogs") {
      throw new Error("the method eth_getLogs is not available");
    }
    return honest(method, params);
  };
  const reader = await readerOf([withoutLogs, withoutLogs], known);
  expect(await reader.check(REAL, [...files, real])).toMatchObject({ status: "unreachable" });
  const root = Digest.parse(digestNamed("not yet"));
  const claims = files.map((file) => ({ ...file, batchRoot: root }));
  const above: Anchor = { ...real, batchRoot: root, block: { ...real.block, number: HEAD + 1_000 } };
  expect(await reader.check(root, claims)).toMatchObject({ status: "absent" });
  expect(await reader.check(root, [...claims, above])).toMatchObject({ status: "unreachable" });
});
