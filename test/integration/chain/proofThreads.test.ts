import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Anchor } from "../../../server/src/chain/chain";
import { CHECKED_HERE } from "../../../server/src/chain/trust/proofChecker";
import { installationOf } from "../../../server/src/workflows/installation";
import { allCoresButOne, ReadingThreads } from "../../../server/src/workflows/thread/readingThreads";
import { repository } from "../../support/chainTest";
import { PROVED_CHAIN, provedAnchors } from "../../support/provedAnchors";
import { temporaryFolder } from "../../support/workspace";

/** Proofs that are checked in the threads that read evidence, and remembered there. */

function threadsOf(home: string): ReadingThreads {
  const threads = new ReadingThreads(
    installationOf(join(repository, "dist")).verificationWorker,
    home,
    allCoresButOne(),
  );
  onTestFinished(() => threads.close());
  return threads;
}

const flawsOf = (threads: ReadingThreads, anchors: readonly Anchor[]) =>
  Promise.all(anchors.map((anchor) => threads.flawOf(anchor, PROVED_CHAIN)));

function kept(home: string): string[] {
  const folder = join(home, "proofs");
  return existsSync(folder) ? readdirSync(folder).filter((name) => name !== "key") : [];
}

/** Each says something else than its proof. */
function spoilt([one, other]: readonly Anchor[]): Anchor[] {
  if (one?.proof === undefined || other?.proof === undefined) {
    throw new Error("there are no proofs");
  }
  const { header, account, storage } = one.proof;
  return [
    { ...one, batchRoot: other.batchRoot },
    { ...one, timestamp: one.timestamp + 1 },
    { ...one, block: other.block },
    { ...one, proof: { header: other.proof.header, account, storage } },
    { ...one, proof: { header, account, storage: other.proof.storage } },
    { ...one, proof: { header, account: account.slice(1), storage } },
    { ...one, proof: { header: "0x00", account, storage } },
  ];
}

test("they come to the same there as anywhere, and only those that hold are remembered", async () => {
  const home = temporaryFolder("home");
  const anchors = await provedAnchors(20);
  const others = spoilt(anchors);
  const threads = threadsOf(home);
  expect(await flawsOf(threads, anchors)).toEqual(anchors.map(() => null));
  expect(kept(home)).toHaveLength(anchors.length);
  const here = await Promise.all(others.map((anchor) => CHECKED_HERE.flawOf(anchor, PROVED_CHAIN)));
  expect(here).not.toContain(null);
  expect(await flawsOf(threads, others)).toEqual(here);
  expect(kept(home)).toHaveLength(anchors.length);
});

test("what is remembered says nothing of another proof, another contract, or once it was changed", async () => {
  const home = temporaryFolder("home");
  const [anchor, ...rest] = await provedAnchors(2);
  if (anchor === undefined) {
    throw new Error("there are no proofs");
  }
  const threads = threadsOf(home);
  expect(await threads.flawOf(anchor, PROVED_CHAIN)).toBeNull();
  const others = spoilt([anchor, ...rest]);
  expect(await flawsOf(threads, others)).not.toContain(null);
  expect(await threads.flawOf(anchor, { ...PROVED_CHAIN, timestampsSlot: 3 })).not.toBeNull();
  const [name = ""] = kept(home);
  writeFileSync(join(home, "proofs", name), "holds");
  expect(await threadsOf(home).flawOf(anchor, PROVED_CHAIN)).toBeNull();
  expect(await threadsOf(home).flawOf({ ...anchor, timestamp: 1 }, PROVED_CHAIN)).not.toBeNull();
});
