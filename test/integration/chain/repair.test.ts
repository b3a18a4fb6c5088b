/** The chain decides what is due: anchor files that it contradicts are looked up again, or anchored again, and replaced. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import * as z from "zod";
import { formatAnchor, readAnchor } from "../../../server/src/chain/anchorFile";
import type { Anchor, ChainWriter } from "../../../server/src/chain/chain";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { getTimestampCall } from "../../../server/src/chain/eas/eas";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { Quantity } from "../../../server/src/chain/rpc/blocks";
import type { Rpc } from "../../../server/src/chain/rpc/rpc";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { type Journal, openJournal } from "../../../server/src/evidence/journal/journal";
import { openRepository } from "../../../server/src/evidence/repository/openRepository";
import type { Repository } from "../../../server/src/evidence/repository/repository";
import { Digest } from "../../../server/src/platform/primitives";
import {
  type AnchorOutcome,
  type AnchorScope,
  anchorBatches,
  dueBatches,
} from "../../../server/src/workflows/anchor";
import { RepositoryReader } from "../../../server/src/workflows/readRepository";
import { agreed } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { removeFolder } from "../../support/removeFolder";
import { rpcChain } from "../../support/rpcChain";
import { startProxy } from "../../support/rpcProxy";
import { facts, sample, sealed } from "../../support/sampleBatch";

interface Place {
  readonly repository: Repository;
  readonly journal: Journal;
}

/** A repository with one sealed batch. */
async function oneBatch(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "proofline-repair-"));
  const home = mkdtempSync(join(tmpdir(), "proofline-home-"));
  const journal = await openJournal(home);
  afterwards(async () => {
    await journal.close();
    await removeFolder(folder);
    await removeFolder(home);
  });
  const repository = await openRepository(folder, [folder]);
  const repositoryId = await repository.ensureId();
  const batch = sealed([sample()], { facts: { ...facts, repositoryId } });
  await repository.writeEvidence(batch.batchRoot, batch.evidence);
  return { repository, journal };
}

async function anchorIn(
  { repository, journal }: Place,
  writer: ChainWriter,
  scope: AnchorScope = "unclaimed",
): Promise<AnchorOutcome> {
  const reader = new RepositoryReader({ read: (bytes) => Promise.resolve(readEvidence(bytes)) });
  const contents = await reader.read(repository);
  const { due } = dueBatches(contents, journal, await writer.identity(), scope);
  return anchorBatches({ repository, due, anchors: contents.anchors, writer, journal });
}

function anchorsIn({ repository }: Place): readonly Anchor[] {
  const folder = join(repository.folder, ".proofline/anchors");
  return readdirSync(folder).map((name) => {
    const reading = readAnchor(readFileSync(join(folder, name)));
    if (reading.kind !== "anchor") {
      throw new Error(reading.reason);
    }
    return reading.anchor;
  });
}

function spoil({ repository }: Place, change: (anchor: Anchor) => Anchor): void {
  const folder = join(repository.folder, ".proofline/anchors");
  const [name = ""] = readdirSync(folder);
  const reading = readAnchor(readFileSync(join(folder, name)));
  if (reading.kind === "anchor") {
    writeFileSync(join(folder, name), formatAnchor(change(reading.anchor)));
  }
}

/** How calls of `getTimestamp` begin. */
const TIME_OF = getTimestampCall(Digest.parse("0".repeat(64))).slice(0, 10);

interface TestChain {
  readonly rpc: Rpc;
  /** A writer that has seen nothing of the chain yet; it asks a server that holds no times as well, if it is to. */
  open(besideLiar?: boolean): ChainWriter;
}

/** A chain that does not say that it is a developer's; by its id it may be. */
async function chainWith(id: number): Promise<TestChain> {
  const { configuration, rpc } = await rpcChain(id);
  const proxy = await startProxy(configuration.rpcUrls[0] ?? "", (method, result) =>
    method === "web3_clientVersion" ? "op-geth/v1.101" : result,
  );
  const liar = await startProxy(proxy, (method, result, params) =>
    method === "eth_call" && JSON.stringify(params).includes(TIME_OF) ? `0x${"0".repeat(64)}` : result,
  );
  return {
    rpc,
    open: (besideLiar = false) => {
      const writer = openWriter(
        { ...configuration, rpcUrls: besideLiar ? [proxy, liar] : [proxy] },
        { key: DEVELOPMENT_KEY, confirm: agreed },
      );
      afterwards(() => writer.close());
      return writer;
    },
  };
}

test("after a reorganisation that dropped it a batch is anchored again, and its file replaced", async () => {
  const place = await oneBatch();
  const { rpc, open } = await chainWith(130);
  const writer = open();
  const before = await rpc.call("evm_snapshot", [], z.string());
  const [first] = (await anchorIn(place, writer)).anchored;
  expect(first).toMatchObject({ repaired: false });
  expect(await anchorIn(place, writer)).toEqual({ anchored: [], problem: null });

  await rpc.call("evm_revert", [before], z.literal(true));
  await rpc.call("anvil_mine", ["0x3", "0x20"], z.unknown());
  const later = open();
  const [again] = (await anchorIn(place, later)).anchored;
  expect(again).toMatchObject({ repaired: true, suggestions: 1 });
  expect(again?.anchor.block).not.toEqual(first?.anchor.block);
  expect(anchorsIn(place)).toEqual([again?.anchor]);
  expect(await anchorIn(place, later)).toEqual({ anchored: [], problem: null });
});

test("where servers contradict each other about an anchor nothing is paid and nothing replaced", async () => {
  const place = await oneBatch();
  const { rpc, open } = await chainWith(130);
  await anchorIn(place, open());
  const [first] = anchorsIn(place);
  const before = await rpc.call("eth_blockNumber", [], Quantity);
  expect(await anchorIn(place, open(true))).toMatchObject({
    anchored: [],
    problem: { code: "chain.disputed", remedy: "compareServers" },
  });
  expect(await rpc.call("eth_blockNumber", [], Quantity)).toBe(before);
  expect(anchorsIn(place)).toEqual([first]);
});

test.each<[string, (anchor: Anchor) => Anchor]>([
  ["block number", (anchor) => ({ ...anchor, block: { ...anchor.block, number: anchor.block.number - 1 } })],
  ["time", (anchor) => ({ ...anchor, timestamp: anchor.timestamp + 1 })],
  ["block hash", (anchor) => ({ ...anchor, block: { ...anchor.block, hash: anchor.genesisHash } })],
])("a file with a wrong %s is replaced by what the chain says, without a payment", async (_name, change) => {
  const place = await oneBatch();
  const { rpc, open } = await chainWith(130);
  const writer = open();
  const [first] = (await anchorIn(place, writer)).anchored;
  spoil(place, change);
  const { address } = privateKeyToAccount(DEVELOPMENT_KEY);
  const count = () => rpc.call("eth_getTransactionCount", [address, "latest"], Quantity);
  const paid = await count();
  expect((await anchorIn(place, writer)).anchored).toMatchObject([{ repaired: true, anchor: first?.anchor }]);
  expect(anchorsIn(place)).toEqual([first?.anchor]);
  expect(await count()).toBe(paid);
});

test("what another public chain holds is not paid for again unless that is asked, what only a local chain holds is", async () => {
  const place = await oneBatch();
  const [local, one, other] = [await chainWith(31337), await chainWith(130), await chainWith(137)];
  expect((await anchorIn(place, local.open())).anchored).toHaveLength(1);
  expect((await anchorIn(place, one.open())).anchored).toHaveLength(1);
  expect((await anchorIn(place, other.open())).anchored).toHaveLength(0);
  expect((await anchorIn(place, other.open(), "everything")).anchored).toHaveLength(1);
  expect(
    anchorsIn(place)
      .map(({ chainId }) => chainId)
      .sort(),
  ).toEqual([130, 31337, 137].sort());
});
