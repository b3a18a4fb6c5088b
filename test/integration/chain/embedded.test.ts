import { cp, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { stopChain } from "../../../server/src/chain/embedded/host";
import { anchorOnce, IDLE, newHome } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { randomDigest } from "../../support/digests";

test("anchors a root on the embedded chain, and a reader finds it finalized", async () => {
  const configuration = await newHome();
  const writer = openWriter(configuration, IDLE);
  afterwards(() => writer.close());
  const root = randomDigest();
  expect(await writer.check(root, [])).toMatchObject({
    status: "unreachable",
    reason: "There is no local chain on this machine yet.",
  });
  const before = Math.floor(Date.now() / 1000);
  const anchor = await writer.anchor(root);
  expect(anchor).toMatchObject({ batchRoot: root, chainId: 31337 });
  expect(anchor.timestamp).toBeGreaterThanOrEqual(before);

  const reader = openChain(configuration, { start: false });
  afterwards(() => reader.close());
  const check = await reader.check(root, [anchor]);
  expect(check).toEqual({
    status: "finalized",
    trust: "local",
    identity: await reader.identity(),
    anchor,
  });
  expect(await reader.identity()).toMatchObject({ name: "local chain", local: true, chainId: 31337 });
});

test("a reader that has just found no chain sees one that is there a moment later", async () => {
  const made = await newHome();
  const anchor = await anchorOnce(made);
  await stopChain(made);
  const configuration = await newHome();
  const reader = openChain(configuration, { start: false });
  afterwards(() => reader.close());
  expect(await reader.check(anchor.batchRoot, [])).toMatchObject({ status: "unreachable" });
  await cp(made.home, configuration.home, { recursive: true });
  expect(await reader.check(anchor.batchRoot, [anchor])).toMatchObject({ status: "finalized", anchor });
});

test("answers readers while others anchor", async () => {
  const configuration = await newHome();
  const writer = openWriter(configuration, IDLE);
  const reader = openChain(configuration, { start: false });
  afterwards(() => writer.close());
  afterwards(() => reader.close());
  const first = await writer.anchor(randomDigest());
  let anchoring = true;
  const anchors = (async () => {
    for (let count = 0; count < 60; count++) {
      await writer.anchor(randomDigest());
    }
    anchoring = false;
  })();
  const seen = new Set<string>();
  while (anchoring) {
    // Different roots, so that each is asked for.
    const checks = await Promise.all([
      reader.check(first.batchRoot, [first]),
      ...Array.from({ length: 10 }, () => reader.check(randomDigest(), [])),
    ]);
    for (const { status, reason } of checks) {
      seen.add(reason === undefined ? status : `${status}: ${reason}`);
    }
  }
  await anchors;
  expect([...seen].sort()).toEqual(["finalized", "pending: The batch is not on the chain yet."]);
});

test("tells whoever connects, once, that the chain's file had to be cut", async () => {
  const configuration = await newHome();
  const first = await anchorOnce(configuration);
  await anchorOnce(configuration);
  await stopChain(configuration);
  const path = join(configuration.home, "chain/blocks.log");
  await truncate(path, (await stat(path)).size - 9);
  const told: string[] = [];
  for (let round = 0; round < 2; round++) {
    const reader = openChain(configuration, {
      start: false,
      ...IDLE,
      onRecovery: (sentence) => told.push(sentence),
    });
    afterwards(() => reader.close());
    expect(await reader.check(first.batchRoot, [first])).toMatchObject({ status: "finalized" });
    await reader.close();
  }
  expect(told).toEqual([expect.stringContaining(`after block ${first.block.number} were cut off`)]);
});
