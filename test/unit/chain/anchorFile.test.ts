import { expect, test } from "vitest";
import { anchorFileName } from "../../../server/src/chain/anchorFile";
import { Address, ChainHash } from "../../../server/src/platform/primitives";
import { randomDigest } from "../../support/digests";

test("an anchor's file is named by chain id and genesis, so that two chains of one id never share one", () => {
  const batchRoot = randomDigest();
  const on = (digits: string) => ({
    batchRoot,
    chainId: 31337,
    genesisHash: ChainHash.parse(`0x${digits.padEnd(64, "0")}`),
    contract: Address.parse(`0x${"1".repeat(40)}`),
    block: { number: 3, hash: ChainHash.parse(`0x${"2".repeat(64)}`) },
    transaction: ChainHash.parse(`0x${"3".repeat(64)}`),
    timestamp: 1,
  });
  expect(anchorFileName(on("00c0ffee11"))).toBe(`${batchRoot}.31337-00c0ffee.json`);
  expect(anchorFileName(on("00c0ffef11"))).not.toBe(anchorFileName(on("00c0ffee11")));
});
