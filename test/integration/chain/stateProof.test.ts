import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import type { Anchor } from "../../../server/src/chain/chain";
import { openChain } from "../../../server/src/chain/chainReader";
import { openWriter } from "../../../server/src/chain/chainWriter";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import type { KnownChain } from "../../../server/src/chain/knownChains";
import { Block } from "../../../server/src/chain/rpc/blocks";
import type { Rpc } from "../../../server/src/chain/rpc/rpc";
import { ChainHash } from "../../../server/src/platform/primitives";
import { agreed } from "../../support/chainTest";
import { afterwards } from "../../support/cleanups";
import { randomDigest } from "../../support/digests";
import { removeFolder } from "../../support/removeFolder";
import { type RpcConfiguration, rpcChain } from "../../support/rpcChain";
import { startProxy } from "../../support/rpcProxy";

/** Proofs of a real chain's state, taken at inclusion and read later, with and without a network. */

type Change = Parameters<typeof startProxy>[1];

let configuration: RpcConfiguration;
let rpc: Rpc;
let known: KnownChain;
let asked: string[];

const HONEST: Change = (method, result) => {
  asked.push(method);
  return method === "web3_clientVersion" ? "op-geth/v1.101" : result;
};

beforeEach(async () => {
  asked = [];
  ({ configuration, rpc } = await rpcChain(130));
  const { hash } = await rpc.call("eth_getBlockByNumber", ["0x0", false], Block);
  known = {
    id: 130,
    genesisHash: ChainHash.parse(hash),
    contract: configuration.contract,
    codeHash: null,
    // Where EAS 1.3.0 has it.
    timestampsSlot: 5,
    implementation: null,
  };
});

const proxies = (...changes: Change[]) =>
  Promise.all(
    changes.map(
      async (change, index) =>
        `Operator ${index}=${await startProxy(configuration.rpcUrls[0] ?? "", change)}`,
    ),
  );

async function anchored(...changes: Change[]): Promise<Anchor> {
  const writer = openWriter(
    { ...configuration, rpcUrls: await proxies(...(changes.length === 0 ? [HONEST] : changes)) },
    { key: DEVELOPMENT_KEY, confirm: agreed, knownChains: [known] },
  );
  afterwards(() => writer.close());
  return writer.anchor(randomDigest());
}

async function check(anchor: Anchor, rpcUrls: readonly string[], home = configuration.home) {
  const reader = openChain({ ...configuration, rpcUrls, home }, { start: false, knownChains: [known] });
  afterwards(() => reader.close());
  return reader.check(anchor.batchRoot, [anchor]);
}

const finalize = () => rpc.call("anvil_mine", ["0x3"], z.unknown());

describe("at inclusion", () => {
  test("a proof is taken, and later only the block is asked about", async () => {
    const anchor = await anchored();
    expect(anchor.proof).toBeDefined();
    const urls = await proxies(HONEST, HONEST);
    asked = [];
    expect(await check(anchor, urls)).toMatchObject({
      status: "included",
      trust: "stateProof",
      operators: ["operator 0", "operator 1"],
    });
    expect(asked).not.toContain("eth_getTransactionReceipt");
    // Two of each server, to see that EAS is there; none about the batch.
    expect(asked.filter((method) => method === "eth_call").length).toBe(4);
    // A block that one operator alone reports proves what that operator says.
    expect(await check(anchor, urls.slice(0, 1))).toMatchObject({ status: "included", trust: "singleRpc" });
  });

  test("a server that gives none costs the proof, and no anchor", async () => {
    const none: Change = (method, result) => (method === "eth_getProof" ? null : HONEST(method, result, []));
    const anchor = await anchored(none);
    expect(anchor.proof).toBeUndefined();
    expect(await check(anchor, await proxies(HONEST, HONEST))).toMatchObject({ trust: "quorum" });
    expect((await anchored(none, HONEST)).proof).toBeDefined();
  });

  test("a proof that was tampered with counts for nothing, and is told of", async () => {
    const anchor = await anchored();
    const [first = "0x", ...rest] = anchor.proof?.storage ?? [];
    const changed = `${first.slice(0, -1)}${first.endsWith("0") ? "1" : "0"}` as `0x${string}`;
    const proof = { ...(anchor.proof ?? { header: "0x", account: [] }), storage: [changed, ...rest] };
    expect(await check({ ...anchor, proof }, await proxies(HONEST, HONEST))).toMatchObject({
      status: "included",
      trust: "quorum",
      remarks: [expect.stringContaining("counts for nothing")],
    });
  });

  test("a proof under a block that is not the chain's does not outweigh the chain", async () => {
    const before = await rpc.call("evm_snapshot", [], z.string());
    const anchor = await anchored();
    await rpc.call("evm_revert", [before], z.literal(true));
    await rpc.call("anvil_mine", ["0x5", "0x9"], z.unknown());
    expect(await check(anchor, await proxies(HONEST, HONEST))).toMatchObject({
      status: "absent",
      anchor: null,
    });
  });

  test("behind a proxy the implementation is proved as well", async () => {
    const proxy = `0x${"ab".repeat(20)}` as const;
    const slot = "360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
    const code = `0x363d3d373d3d363d7f${slot}545af43d6000803e6038573d6000fd5b3d6000f3`;
    const target = `0x${configuration.contract.slice(2).padStart(64, "0")}`;
    await rpc.call("anvil_setCode", [proxy, code], z.unknown());
    await rpc.call("anvil_setStorageAt", [proxy, `0x${slot}`, target], z.unknown());
    const implementation = { address: configuration.contract, codeHash: null };
    configuration = { ...configuration, contract: proxy };
    known = { ...known, contract: proxy, implementation };
    const anchor = await anchored();
    expect(anchor.proof?.implementation).toBeDefined();
    expect(await check(anchor, await proxies(HONEST, HONEST))).toMatchObject({ trust: "stateProof" });
    known = { ...known, implementation: { ...implementation, address: proxy } };
    expect(await check(anchor, await proxies(HONEST, HONEST))).toMatchObject({ trust: "quorum" });
  });
});

describe("that there is nothing", () => {
  test("is proved at the head", async () => {
    const anchor = await anchored();
    const { proof: _, ...claim } = { ...anchor, batchRoot: randomDigest() };
    expect(await check(claim, await proxies(HONEST, HONEST))).toMatchObject({
      status: "absent",
      trust: "stateProof",
    });
    expect(await check(claim, await proxies(HONEST))).toMatchObject({ status: "absent", trust: "singleRpc" });
  });

  test("is not believed of servers that prove something", async () => {
    const { proof: _, ...claim } = await anchored();
    const liar: Change = (method, result, params) =>
      method === "eth_call" && JSON.stringify(params).includes(claim.batchRoot)
        ? `0x${"0".repeat(64)}`
        : HONEST(method, result, params);
    expect(await check(claim, await proxies(liar, liar))).toMatchObject({
      status: "disputed",
      reason: expect.stringContaining("and prove that it is"),
    });
  });
});

describe("without a network", () => {
  const AWAY = ["Operator 0=http://127.0.0.1:1/", "Operator 1=http://127.0.0.1:2/"];
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "proofline-confirmed-"));
    afterwards(async () => removeFolder(home));
  });

  test("a proof in a block that was confirmed before still counts", async () => {
    const anchor = await anchored();
    await finalize();
    expect(await check(anchor, AWAY, home)).toMatchObject({ status: "unreachable", anchor: null });
    expect(await check(anchor, await proxies(HONEST, HONEST), home)).toMatchObject({
      status: "finalized",
      trust: "stateProof",
    });
    const path = join(home, "confirmed-blocks");
    const line = `130 ${known.genesisHash} ${anchor.block.number} ${anchor.block.hash} operator%200,operator%201`;
    expect(readFileSync(path, "utf8").trim()).toBe(line);
    if (process.platform !== "win32") {
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    expect(await check(anchor, AWAY, home)).toMatchObject({
      status: "finalized",
      trust: "offlineProof",
      anchor,
      identity: { name: "Unichain", local: false },
    });
    // Who confirmed it must still be believed.
    for (const others of [
      ["One=http://127.0.0.1:1/", "Two=http://127.0.0.1:2/"],
      ["Operator 0=http://127.0.0.1:1/", "Two=http://127.0.0.1:2/"],
    ]) {
      expect(await check(anchor, others, home)).toMatchObject({ status: "unreachable", anchor: null });
    }
    // Neither another root nor a file without its proof shares in it.
    const { proof, ...without } = anchor;
    expect(await check(without, AWAY, home)).toMatchObject({ status: "unreachable" });
    const other = { ...anchor, batchRoot: randomDigest() };
    expect(await check(other, AWAY, home)).toMatchObject({ status: "unreachable" });
    expect(proof).toBeDefined();
  });

  test("neither one operator's word nor a block that is not final confirms anything", async () => {
    const anchor = await anchored();
    expect(await check(anchor, await proxies(HONEST, HONEST), home)).toMatchObject({ status: "included" });
    await finalize();
    expect(await check(anchor, await proxies(HONEST), home)).toMatchObject({ status: "finalized" });
    expect(await check(anchor, AWAY, home)).toMatchObject({ status: "unreachable" });
    // Nor does what somebody else put into the file.
    writeFileSync(join(home, "confirmed-blocks"), `130 ${anchor.block.hash} 1\n\0${"x".repeat(100)}`);
    expect(await check(anchor, AWAY, home)).toMatchObject({ status: "unreachable" });
  });
});
