import { expect, test } from "vitest";
import { openChain } from "../../server/src/chain/reader";
import { openWriter } from "../../server/src/chain/writer";
import { afterwards, IDLE, newHome, randomRoot } from "./chainTest";

test("anchors a root on the embedded chain, and a reader finds it finalized", async () => {
  const configuration = await newHome();
  const writer = openWriter(configuration, IDLE);
  afterwards(() => writer.close());
  const root = randomRoot();
  expect(await writer.check(root, [])).toMatchObject({
    status: "unreachable",
    reason: "There is no local chain on this machine yet.",
  });
  const anchor = await writer.anchor(root);
  expect(anchor).toMatchObject({ root, chainId: 31337 });
  expect(Math.abs(anchor.timestamp - Date.now() / 1000)).toBeLessThan(60);

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
