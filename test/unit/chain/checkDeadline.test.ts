import { afterEach, expect, test, vi } from "vitest";
import { ConnectedReader } from "../../../server/src/chain/chainReader";
import type { ChainServer } from "../../../server/src/chain/rpc/chainServer";
import { connected } from "../../../server/src/chain/rpc/connection";
import { digestOf } from "../../support/digests";

afterEach(() => {
  vi.useRealTimers();
});

test("a check ends, whatever servers make of it, and those that wait for their turn do, too", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const contract = `0x${"42".repeat(20)}` as const;
  const genesisHash = `0x${"01".repeat(32)}` as const;
  const identity = { chainId: 1, genesisHash, contract, local: false, name: "Ethereum" };
  const silent: ChainServer = { host: "rpc.example", call: () => new Promise(() => {}) };
  const reader = new ConnectedReader(
    { kind: "rpc", home: "nowhere", id: 1, rpcUrls: ["https://rpc.example"], contract },
    async () => connected(silent, identity),
  );
  const checks = Promise.all(Array.from({ length: 300 }, () => reader.check(digestOf("ab"), [])));
  await vi.advanceTimersByTimeAsync(120_000);
  await vi.advanceTimersByTimeAsync(120_000);
  const expected = { status: "unreachable", reason: expect.stringContaining("within 120 seconds") };
  expect(await checks).toEqual(Array.from({ length: 300 }, () => expect.objectContaining(expected)));
  await reader.close();
});
