import { expect, test } from "vitest";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { afterwards, IDLE, newHome } from "../../support/chainTest";
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
