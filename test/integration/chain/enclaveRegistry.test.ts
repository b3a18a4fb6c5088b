import { toHex } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { Address } from "../../../server/src/platform/primitives";
import { askRegistry } from "../../../server/src/workflows/enclaveRegistry";
import {
  REGISTRY,
  REGISTRY_CHAIN,
  REGISTRY_HEAD,
  SIGNED_BLOCK,
  scriptedRegistry,
} from "../../support/scriptedRegistry";
import { serveChain } from "../../support/scriptedServer";
import { newEnclave, registryEntry, SIGNED_AT, type StandInEnclave } from "../../support/standInEnclave";

let enclave: StandInEnclave;
beforeAll(() => {
  enclave = newEnclave();
});

type Chain = ReturnType<typeof scriptedRegistry>;

const honest = (): Chain => scriptedRegistry({ entries: new Map([[enclave.name, registryEntry(enclave)]]) });

async function ask(chains: readonly Chain[], { timestamp = SIGNED_AT, name = enclave.name } = {}) {
  const urls = await Promise.all(chains.map(serveChain));
  const rpcUrls = urls.map((url, index) => `Operator ${index}=${url}`);
  return askRegistry({ chainId: REGISTRY_CHAIN, address: Address.parse(REGISTRY), rpcUrls }, name, timestamp);
}

describe("askRegistry", () => {
  it("reads the entry at the last block that is not later than the answer, and at the newest", async () => {
    const testimony = await ask([honest(), honest()]);
    const state = { entry: registryEntry(enclave), isCodeApproved: true };
    expect(testimony).toEqual({
      witnesses: "operator 0 and operator 1",
      whenSigned: { block: SIGNED_BLOCK, ...state },
      now: { block: REGISTRY_HEAD, ...state },
      registration: null,
    });
  });

  it("finds the block to the second, and none after the newest", async () => {
    expect((await ask([honest()], { timestamp: SIGNED_AT - 60 })).whenSigned.block).toBe(SIGNED_BLOCK);
    expect((await ask([honest()], { timestamp: SIGNED_AT - 61 })).whenSigned.block).toBe(SIGNED_BLOCK - 1);
    expect((await ask([honest()], { timestamp: SIGNED_AT + 1e9 })).whenSigned.block).toBe(REGISTRY_HEAD);
  });

  it("says so where one operator alone is the witness", async () => {
    expect((await ask([honest()])).witnesses).toBe("operator 0 and nobody else");
    const lost: Chain = (method) =>
      method === "eth_chainId" ? toHex(REGISTRY_CHAIN) : fail("no such state");
    expect((await ask([honest(), lost])).witnesses).toBe("operator 0 and nobody else");
  });

  it("tells code whose approval was taken back from code that was never approved", async () => {
    const entries = new Map([[enclave.name, registryEntry(enclave)]]);
    const revoked = scriptedRegistry({ entries, isCodeApproved: (block) => block <= SIGNED_BLOCK });
    const testimony = await ask([revoked]);
    expect([testimony.whenSigned.isCodeApproved, testimony.now.isCodeApproved]).toEqual([true, false]);
  });

  it("knows no entry where the registry refuses, or holds what is none", async () => {
    const nobody = scriptedRegistry({ entries: new Map() });
    expect((await ask([nobody])).whenSigned).toEqual({
      block: SIGNED_BLOCK,
      entry: null,
      isCodeApproved: false,
    });
    const odd = scriptedRegistry({ entries: new Map([[enclave.name, "0x00"]]) });
    expect((await ask([odd])).whenSigned).toEqual({
      block: SIGNED_BLOCK,
      entry: "0x00",
      isCodeApproved: false,
    });
  });

  it("believes nobody where servers contradict each other, about an entry, its code or the chain", async () => {
    const entries = new Map([[enclave.name, registryEntry(enclave, { enabled: false })]]);
    const own = new Map([[enclave.name, registryEntry(enclave)]]);
    for (const liar of [
      scriptedRegistry({ entries }),
      scriptedRegistry({ entries: new Map() }),
      scriptedRegistry({ entries: own, isCodeApproved: () => false }),
      scriptedRegistry({ entries: own, chainId: 1 }),
    ]) {
      await expect(ask([honest(), liar])).rejects.toMatchObject({ code: "chain.disputed" });
    }
  });

  it("takes nobody's word where no operator says all of it", async () => {
    const at =
      (known: number): Chain =>
      (method, params) =>
        method === "eth_call" && Number(params[1]) !== known
          ? fail("no such state")
          : honest()(method, params);
    await expect(ask([at(SIGNED_BLOCK), at(REGISTRY_HEAD)])).rejects.toMatchObject({
      code: "chain.unreachable",
    });
    expect((await ask([at(SIGNED_BLOCK), honest()])).witnesses).toBe("operator 1 and nobody else");
  });

  it("asks a few questions, however many registrations a server shows", async () => {
    let asked = 0;
    const chain = honest();
    const flooding: Chain = (method, params) => {
      switch (method) {
        case "eth_getLogs":
          return Array.from({ length: 2_000 }, (_, index) => ({
            address: REGISTRY,
            topics: [],
            blockNumber: "0x1",
            blockHash: `0x${"1".repeat(64)}`,
            transactionHash: toHex(index, { size: 32 }),
            logIndex: toHex(index),
          }));
        case "eth_getTransactionByHash":
          asked += 1;
          return { input: "0x" };
        default:
          return chain(method, params);
      }
    };
    expect((await ask([flooding])).registration).toBeNull();
    expect(asked).toBeLessThan(10);
  });

  it("asks no other chain, and says where nobody can be reached", async () => {
    const other = scriptedRegistry({ entries: new Map(), chainId: 1 });
    await expect(ask([other])).rejects.toMatchObject({ code: "chain.wrong" });
    const refusing: Chain = () => fail("no");
    await expect(ask([refusing])).rejects.toMatchObject({ name: "ProoflineError" });
  });
});

function fail(message: string): never {
  throw new Error(message);
}
